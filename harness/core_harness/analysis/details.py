"""What lies behind the figures of a run: its genes, its curves, and its best and worst predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import polars as pl

from core_harness.analysis.charts import Chart, run_charts
from core_harness.metrics import checked
from core_harness.metrics.abstention import risk_coverage
from core_harness.metrics.by_segment import genes_by_auroc
from core_harness.metrics.prior import RateBin, scores_by_gene_rate
from core_harness.metrics.scored import are_probabilities

EXAMPLES = 5
"""Predictions shown as a run's best, and as its worst."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A prediction whose score lies far from its gene's rate: rightly or wrongly so."""

    context: str
    perturbation: str
    gene: str
    label: int
    score: float
    gene_rate: float

    @property
    def names(self) -> list[str]:
        """Perturbation, gene and context."""
        return [self.perturbation, self.gene, self.context]


@dataclass(frozen=True, kw_only=True)
class Details:
    """What pages show of a run beside its metrics.

    Attributes
    ----------
    genes_by_auroc
        :func:`core_harness.metrics.by_segment.genes_by_auroc`.
    risk_coverage, by_gene_rate
        The curves of :mod:`~core_harness.metrics.abstention` and :mod:`~core_harness.metrics.prior`; empty
        where scores are no probabilities.
    best, worst
        The predictions furthest above and below what the gene's rate alone would have got.
    """

    genes_by_auroc: tuple[int, ...]
    risk_coverage: tuple[tuple[float, float], ...]
    by_gene_rate: tuple[RateBin, ...]
    best: tuple[Example, ...]
    worst: tuple[Example, ...]

    @classmethod
    def of(cls, repeats: Sequence[pl.DataFrame]) -> Self:
        """Return the details of :data:`core_harness.metrics.SCORED` pairs: one frame, or one a seed.

        Genes are those of all seeds, the rest is of the first.
        """
        rows = [checked(frame) for frame in repeats]
        answered = rows[0].drop_nulls("score")
        probabilities = are_probabilities(rows[0])
        best, worst = _examples(answered) if probabilities else ((), ())
        return cls(
            genes_by_auroc=genes_by_auroc(rows),
            risk_coverage=risk_coverage(answered) if probabilities else (),
            by_gene_rate=scores_by_gene_rate(answered) if probabilities else (),
            best=best,
            worst=worst,
        )

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Self:
        """Return details from their fields in plain types. Raises KeyError or TypeError for others."""
        return cls(
            genes_by_auroc=tuple(content["genes_by_auroc"]),
            risk_coverage=tuple((coverage, risk) for coverage, risk in content["risk_coverage"]),
            by_gene_rate=tuple(RateBin(**part) for part in content["by_gene_rate"]),
            best=tuple(Example(**pair) for pair in content["best"]),
            worst=tuple(Example(**pair) for pair in content["worst"]),
        )

    def examples(self, number: int) -> list[Example]:
        """Return so many of the best and of the worst predictions."""
        return [*self.best[:number], *self.worst[:number]]

    def charts(self, report: Mapping[str, Any]) -> list[Chart]:
        """Return the charts of a run with this report."""
        return run_charts(report, self.genes_by_auroc, self.risk_coverage, self.by_gene_rate)


def _examples(rows: pl.DataFrame) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return the best and the worst predictions: how far, and to which side, scores left the gene's rate."""
    away = pl.col("score") - pl.col("gene_rate")
    towards = pl.when(pl.col("label") == 1).then(away).otherwise(-away)
    pair = ["context", "perturbation", "gene"]
    moved = rows.with_columns(towards.alias("towards")).sort("towards", *pair)

    def shown(part: pl.DataFrame) -> tuple[Example, ...]:
        columns = part.select(*pair, "label", "score", "gene_rate")
        return tuple(Example(**row) for row in columns.iter_rows(named=True))

    best = moved.filter(pl.col("towards") > 0).tail(EXAMPLES).reverse()
    return shown(best), shown(moved.filter(pl.col("towards") < 0).head(EXAMPLES))
