"""The audit of a dataset as text, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core_harness.analysis.audit.agreement import Agreement
from core_harness.analysis.audit.plain import Plain
from core_harness.metrics import Estimate
from core_harness.sections import Section
from core_harness.text import figure

if TYPE_CHECKING:
    from core_harness.analysis.audit.dataset import DatasetAudit, Spread

_AUROC = "macro-per-gene AUROC [95 %]"


def sections(audit: DatasetAudit) -> Iterator[Section]:
    """Yield counts, overlaps, simple baselines, agreement of contexts, and the verdict."""
    simulated = "  (SIMULATED data)" if audit.simulated else ""
    yield Section(title=f"{audit.dataset}, {audit.question}{simulated}", sentences=list(_counts(audit)))
    if audit.notes:
        yield Section(title="how it was read", sentences=audit.notes)
    yield Section(rows=list(_spreads(audit)))
    yield Section(title="on both sides of the split", sentences=list(_overlaps(audit)))
    yield Section(
        title="what can be had without biology" + (", and by repeating it" if audit.repeated else ""),
        note=f"{audit.regime} regime, seed {audit.seed}",
        rows=[_plain(plain) for plain in (*audit.plain, *([audit.repeated] if audit.repeated else ()))],
        sentences=[f"{plain.method} is not run: {plain.missing}" for plain in audit.plain if plain.missing],
    )
    if audit.agreements:
        yield Section(
            title="how well contexts agree on the same pair",
            note="a ceiling for carrying it over",
            rows=[_agreement(agreement) for agreement in audit.agreements],
        )
    yield Section(title=audit.verdict.sentence, sentences=audit.verdict.reasons)


def flat(audit: DatasetAudit) -> list[dict[str, Any]]:
    """Return one row a figure that has an interval, each with its dataset and regime."""
    asked = {key: getattr(audit, key) for key in ("dataset", "question", "regime", "simulated", "seed")}
    plain = [
        {"table": "without biology", "context": None, "name": plain.method, "metric": metric, **asdict(found)}
        for plain in audit.plain
        for metric in ("macro_gene_auroc", "pooled_auroc")
        if (found := getattr(plain, metric)) is not None
    ]
    agreements = [
        {
            "table": "agreement",
            "context": agreement.context,
            "name": agreement.other,
            "metric": "macro_gene_auroc",
            **asdict(agreement.macro_gene_auroc),
        }
        for agreement in audit.agreements
    ]
    return [{**row, **asked} for row in (*plain, *agreements)]


def _counts(audit: DatasetAudit) -> Iterator[str]:
    yield (
        f"{', '.join(audit.contexts)}: {audit.train_pairs:,} train pairs; {audit.pairs:,} test pairs of "
        f"{audit.perturbations:,} perturbations and {audit.genes:,} genes; prevalence {audit.prevalence:.3f}"
    )
    yield (
        f"{audit.evaluable_genes:,} of {audit.genes:,} genes have both classes "
        f"({audit.evaluable_genes / audit.genes:.0%}; {audit.evaluable_pairs:,} pairs)"
    )


def _spreads(audit: DatasetAudit) -> Iterator[dict[str, str]]:
    def row(what: str, spread: Spread, form: str) -> dict[str, str]:
        names = ("lowest", "25 %", "median", "75 %", "highest")
        values = (format(quantile, form) for quantile in spread.quantiles)
        return {"": what, "of": f"{spread.over:,}", **dict(zip(names, values, strict=True))}

    yield row("prevalence by gene", audit.by_gene, ".3f")
    yield row("prevalence by perturbation", audit.by_perturbation, ".3f")
    if audit.pairs_by_gene.over:
        yield row("pairs of a gene with both classes", audit.pairs_by_gene, ".0f")


def _overlaps(audit: DatasetAudit) -> Iterator[str]:
    found = audit.overlap
    yield (
        f"{found.perturbations:,} perturbations and {found.pairs:,} pairs are in train and test of one "
        f"context; {found.unseen_genes:,} test genes have no train row"
    )
    if audit.synonyms is None:
        yield f"synonyms are not looked for: {audit.synonyms_missing}"
    else:
        same = audit.synonyms
        yield (
            f"{same.renamed:,} names are aliases of an approved symbol, {same.ambiguous:,} of several; under "
            f"another name, {same.across_splits:,} test perturbations are in train, {same.doubled_genes:,} "
            f"genes occur twice, {same.self_pairs:,} pairs are of a gene with itself"
        )
        if same.examples:
            yield f"such as: {'; '.join(same.examples)}"
    if (near := audit.near_duplicates) is not None:
        yield (
            f"{near.by_name:,} test drugs are in train but for a salt or their spelling, {near.by_record:,} "
            f"have exactly the record of a train drug (targets, mechanisms), {near.by_edge:,} its structure"
        )
        if near.examples:
            yield f"such as: {'; '.join(near.examples)}"
    for other in audit.elsewhere:
        yield (
            f"{other.in_train:,} of {other.perturbations:,} test perturbations of {other.context} "
            f"({other.in_train / other.perturbations:.0%}), and {other.pairs_in_train:,} of {other.pairs:,} "
            f"test pairs, are in the train split of {other.other}"
        )


def _plain(plain: Plain) -> dict[str, str]:
    return {
        "method": plain.method,
        _AUROC: _cell(plain.macro_gene_auroc),
        "pooled AUROC [95 %]": _cell(plain.pooled_auroc),
    }


def _agreement(agreement: Agreement) -> dict[str, str]:
    return {
        "asked": agreement.context,
        "answered by": agreement.other,
        "pairs in both": f"{agreement.pairs:,}",
        "same label": f"{agreement.agree:.0%}",
        "kappa": "-" if agreement.kappa is None else f"{agreement.kappa:.2f}",
        _AUROC: _cell(agreement.macro_gene_auroc),
        "genes": f"{agreement.macro_gene_auroc.genes:,}",
    }


def _cell(estimate: Estimate | None) -> str:
    return "-" if estimate is None else figure(asdict(estimate))
