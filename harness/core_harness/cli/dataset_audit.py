"""The audit of a dataset as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from core_harness.audit import DatasetAudit
from core_harness.audit.dataset import Plain, Spread
from core_harness.cli.tables import as_table, printable, stdout
from core_harness.metrics import Estimate
from core_harness.plain_text import figure


def print_dataset_audit(audit: DatasetAudit) -> None:
    """Print what the dataset holds, what is known beforehand, and what follows from it."""
    console = stdout()
    soft_wrap = not console.is_terminal
    simulated = "  (SIMULATED data)" if audit.simulated else ""
    console.print(f"[bold]{printable(f'{audit.dataset}, {audit.question}{simulated}')}[/bold]")
    for line in _counts(audit):
        console.print(printable(line), soft_wrap=soft_wrap)
    console.print(as_table(_spreads(audit)))
    console.print("\n[bold]on both sides of the split[/bold]")
    for line in _overlaps(audit):
        console.print(printable(line), soft_wrap=soft_wrap)
    console.print(
        f"\n[bold]what can be had without biology[/bold] ({audit.regime} regime, seed {audit.seed})"
    )
    console.print(as_table([_plain(plain) for plain in audit.plain]))
    if audit.agreements:
        console.print("\n[bold]how well contexts agree on the same pair[/bold]")
        console.print(as_table(_agreements(audit)))
    console.print()
    for line in conclusions(audit):
        console.print(printable(line), soft_wrap=soft_wrap)


def conclusions(audit: DatasetAudit) -> Iterator[str]:
    """Yield the verdict on a dataset, sentence by sentence."""
    frequency = audit.plain[0]
    if frequency.pooled_auroc is not None and frequency.macro_gene_auroc is not None:
        yield (
            f"Gene frequency alone reaches {_short(frequency.pooled_auroc)} pooled and "
            f"{_short(frequency.macro_gene_auroc)} per gene: judge methods per gene."
        )
    yield (
        f"{audit.evaluable_genes:,} of {audit.genes:,} genes can be evaluated; they hold "
        f"{audit.evaluable_pairs:,} of {audit.pairs:,} pairs."
    )
    for plain in audit.plain[1:]:
        gene = plain.macro_gene_auroc
        if gene is not None and gene.low is not None and gene.low > 0.5:
            yield f"A method has to be above the {figure(asdict(gene))} per gene of {plain.method} alone."
    if audit.synonyms is not None and audit.synonyms.across_splits:
        number = audit.synonyms.across_splits
        yield f"{number:,} test perturbations stand in train under another name: the split leaks."
    told = [e for e in audit.elsewhere if e.in_train]
    if told:
        most = max(told, key=lambda e: e.in_train / e.perturbations)
        yield (
            f"{most.in_train / most.perturbations:.0%} of {most.context}'s test perturbations stand in "
            f"{most.other}'s train split: never set strict and cross-context results side by side."
        )
    if audit.simulated:
        yield "The data are SIMULATED: what holds here shows that the program works, and nothing about cells."


def _counts(audit: DatasetAudit) -> Iterator[str]:
    yield (
        f"{', '.join(audit.contexts)}: {audit.train_pairs:,} train pairs; {audit.pairs:,} test pairs of "
        f"{audit.perturbations:,} perturbations and {audit.genes:,} genes; prevalence {audit.prevalence:.3f}"
    )
    yield (
        f"{audit.evaluable_genes:,} of {audit.genes:,} genes have both classes "
        f"({audit.evaluable_genes / audit.genes:.0%}; {audit.evaluable_pairs:,} pairs)"
    )


def _spreads(audit: DatasetAudit) -> list[dict[str, str]]:
    def row(what: str, spread: Spread, form: str) -> dict[str, str]:
        names = ("lowest", "25 %", "median", "75 %", "highest")
        values = (format(quantile, form) for quantile in spread.quantiles)
        return {"": what, "of": f"{spread.over:,}", **dict(zip(names, values, strict=True))}

    return [
        row("prevalence by gene", audit.by_gene, ".3f"),
        row("prevalence by perturbation", audit.by_perturbation, ".3f"),
        row("pairs of a gene with both classes", audit.pairs_by_gene, ".0f"),
    ]


def _overlaps(audit: DatasetAudit) -> Iterator[str]:
    found = audit.overlap
    yield (
        f"{found.perturbations:,} perturbations and {found.pairs:,} pairs stand in train and test of one "
        f"context; {found.unseen_genes:,} test genes have no train row"
    )
    if audit.synonyms is None:
        yield f"synonyms are not looked for: {audit.synonyms_missing}"
    else:
        same = audit.synonyms
        yield (
            f"{same.renamed:,} names are aliases of an approved symbol, {same.ambiguous:,} of several; under "
            f"another name, {same.across_splits:,} test perturbations stand in train, {same.doubled_genes:,} "
            f"genes stand there twice, {same.self_pairs:,} pairs are of a gene with itself"
        )
        if same.examples:
            yield f"such as: {'; '.join(same.examples)}"
    for other in audit.elsewhere:
        yield (
            f"{other.in_train:,} of {other.perturbations:,} test perturbations of {other.context} "
            f"({other.in_train / other.perturbations:.0%}), and {other.pairs_in_train:,} of {other.pairs:,} "
            f"test pairs, stand in the train split of {other.other}"
        )


def _plain(plain: Plain) -> dict[str, str]:
    def cell(estimate: Estimate | None) -> str:
        return "-" if estimate is None else figure(asdict(estimate))

    return {
        "method": plain.method,
        "macro-per-gene AUROC [95 %]": cell(plain.macro_gene_auroc),
        "pooled AUROC [95 %]": cell(plain.pooled_auroc),
        "": "" if plain.missing is None else f"not run: {plain.missing}",
    }


def _agreements(audit: DatasetAudit) -> list[dict[str, str]]:
    return [
        {
            "asked": agreement.context,
            "answered by": agreement.other,
            "pairs in both": f"{agreement.pairs:,}",
            "same label": f"{agreement.agree:.0%}",
            "kappa": "-" if agreement.kappa is None else f"{agreement.kappa:.2f}",
            "macro-per-gene AUROC [95 %]": figure(asdict(agreement.macro_gene_auroc)),
            "genes": f"{agreement.macro_gene_auroc.genes:,}",
        }
        for agreement in audit.agreements
    ]


def _short(estimate: Estimate) -> str:
    return "-" if estimate.value is None else f"{estimate.value:.3f}".removeprefix("0")
