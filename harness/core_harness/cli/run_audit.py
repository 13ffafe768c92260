"""The audit of a run as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from core_harness.audit import RunAudit
from core_harness.audit.controls import Controlled
from core_harness.audit.strata import Stratum
from core_harness.cli.tables import as_table, printable, stdout
from core_harness.metrics.names import NAMES
from core_harness.plain_text import figure, p_value, part_of, regime_of


def print_run_audit(audit: RunAudit) -> None:
    """Print figures before and after recalibration, controls, strata, and the verdict with its reasons."""
    console = stdout()
    soft_wrap = not console.is_terminal
    console.print(f"[bold]{printable(_heading(audit))}[/bold]")
    coverage = audit.coverage
    console.print(
        printable(
            f"{coverage.scored:,} of {coverage.pairs:,} pairs answered; {coverage.evaluable_genes:,} of "
            f"{coverage.genes:,} genes have both classes"
        ),
        soft_wrap=soft_wrap,
    )
    console.print(as_table(_calibration(audit)))
    if audit.controls:
        console.print("\n[bold]controls: what is left when something is broken on purpose[/bold]")
        if there := [control for control in audit.controls if control.value is not None]:
            console.print(as_table([_control(control) for control in there]))
        for control in audit.controls:
            if control.missing is not None:
                console.print(
                    f"[dim]{printable(f'{control.control}: {control.missing}')}[/dim]", soft_wrap=soft_wrap
                )
    if audit.strata:
        console.print("\n[bold]macro-per-gene AUROC among pairs that are alike[/bold]")
        console.print(as_table([_stratum(stratum) for stratum in audit.strata]))
    for name, reason in audit.not_told.items():
        console.print(f"[dim]{printable(f'not by {name}: {reason}')}[/dim]", soft_wrap=soft_wrap)
    console.print(f"\n[bold]{printable(audit.verdict.sentence)}[/bold]", soft_wrap=soft_wrap)
    for reason in audit.verdict.reasons:
        console.print(printable(f"- {reason}"), soft_wrap=soft_wrap)


def _heading(audit: RunAudit) -> str:
    asked = audit.asked
    what = f"{audit.method} on {asked['dataset']}, {asked['question']}, {regime_of(asked)} regime"
    if asked["simulated"]:
        what += "  (SIMULATED)"
    if audit.control:
        what += f"  control: {audit.control}"
    if part := part_of(asked["part"]):
        what += f"  PART of the dataset: {part}"
    return what


def _calibration(audit: RunAudit) -> list[dict[str, str]]:
    def row(name: str) -> Mapping[str, str]:
        return {
            "metric": NAMES[name],
            "as it is [95 %]": figure(asdict(audit.metrics[name])),
            "recalibrated out of fold [95 %]": figure(asdict(audit.recalibrated[name]))
            if name in audit.recalibrated
            else "",
        }

    return [dict(row(name)) for name in audit.metrics]


def _control(control: Controlled) -> dict[str, str]:
    found = {"value": control.value, "low": control.low, "high": control.high}
    return {
        "control": control.control,
        "macro-per-gene AUROC [95 %]": figure(found),
        "lost": "-" if control.lost is None else f"{control.lost:.3f}",
        "p": p_value(control.p),
        "run": control.run or control.missing or "-",
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
