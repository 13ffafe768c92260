"""The audit of a run as text, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core_harness.analysis.audit.controls import Controlled
from core_harness.analysis.audit.strata import Stratum
from core_harness.analysis.standing import standing_section
from core_harness.metrics.catalog import LABELS
from core_harness.sections import Section
from core_harness.text import declared, figure, heading, p_value

if TYPE_CHECKING:
    from core_harness.analysis.audit.run import RunAudit


def sections(audit: RunAudit) -> Iterator[Section]:
    """Yield figures as they are and recalibrated, standing, controls, strata, and the verdict."""
    coverage = audit.coverage
    answered = (
        f"{coverage.scored:,} of {coverage.pairs:,} pairs answered; {coverage.evaluable_genes:,} of "
        f"{coverage.genes:,} genes have both classes"
    )
    yield Section(title=_heading(audit), sentences=[answered])
    yield Section(rows=[_metric(audit, name) for name in audit.metrics])
    if audit.standings:
        yield standing_section(audit.standings)
    if audit.controls:
        missing = dict.fromkeys(control.missing for control in audit.controls if control.missing)
        yield Section(
            title="controls: what is left when something is broken on purpose",
            rows=[_control(control) for control in audit.controls if control.value is not None],
            sentences=[
                f"{', '.join(c.control for c in audit.controls if c.missing == why)}: {why}"
                for why in missing
            ],
        )
    yield Section(
        title="macro-per-gene AUROC among pairs that are alike",
        rows=[_stratum(stratum) for stratum in audit.strata],
        sentences=[f"not by {name}: {why}" for name, why in audit.not_told.items()],
    )
    yield Section(title=audit.verdict.sentence, sentences=audit.verdict.reasons)


def flat(audit: RunAudit) -> list[dict[str, Any]]:
    """Return one row a figure, each with its run, dataset and regime."""
    task = audit.asked
    asked = {
        "run": audit.run,
        "method": audit.method,
        "beyond_contrast": " and ".join(audit.beyond_contrast),
        "dataset": task["dataset"],
        "question": task["question"],
        "regime": task["regime"],
        "support_contexts": " ".join(task["support_contexts"]),
        "gene_holdout": task["gene_holdout"],
        "simulated": task["simulated"],
        **task["part"],
    }

    def row(table: str, name: str, found: Any, **more: Any) -> dict[str, Any]:
        given = {"low": None, "high": None, "from": None, "to": None, "genes": None, "pairs": None, **more}
        return {"table": table, "name": name, "value": found.value, **given, **asked}

    def rests_on(found: Any) -> dict[str, Any]:
        return {key: getattr(found, key) for key in ("low", "high", "genes", "pairs")}

    return [
        *(row("as it is", name, found, **rests_on(found)) for name, found in audit.metrics.items()),
        *(row("recalibrated", name, found, **rests_on(found)) for name, found in audit.recalibrated.items()),
        *(
            row("standing", one.metric, one, low=one.lowest, high=one.highest, pairs=one.pairs)
            for one in audit.standings
            if one.value is not None
        ),
        *(
            row("control", control.control, control, low=control.low, high=control.high)
            for control in audit.controls
            if control.value is not None
        ),
        *(
            row("stratum", part.by, part, **rests_on(part), **{"from": part.lowest, "to": part.highest})
            for part in audit.strata
        ),
    ]


def _heading(audit: RunAudit) -> str:
    asked = {**audit.asked, "task": audit.asked["question"], "control": audit.control, "repeats": 1}
    return f"{audit.method}{declared(audit.beyond_contrast)} on {heading(asked)}"


def _metric(audit: RunAudit, name: str) -> dict[str, str]:
    after = audit.recalibrated.get(name)
    return {
        "metric": LABELS[name],
        "as it is [95 %]": figure(asdict(audit.metrics[name])),
        "recalibrated out of fold [95 %]": "" if after is None else figure(asdict(after)),
    }


def _control(control: Controlled) -> dict[str, str]:
    found = {"value": control.value, "low": control.low, "high": control.high}
    return {
        "control": control.control,
        "macro-per-gene AUROC [95 %]": figure(found),
        "lost": "-" if control.lost is None else f"{control.lost:.3f}",
        "p": p_value(control.p),
        "run": control.run or "-",
    }


def _stratum(stratum: Stratum) -> dict[str, str]:
    return {
        "by": stratum.by,
        "from": f"{stratum.lowest:.3g}",
        "to": f"{stratum.highest:.3g}",
        "macro-per-gene AUROC [95 %]": figure(asdict(stratum)),
        "genes": f"{stratum.genes:,}",
        "pairs": f"{stratum.pairs:,}",
    }
