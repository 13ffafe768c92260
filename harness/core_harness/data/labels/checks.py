"""Whether a table of results lists all that was tested, so that what is not significant is a negative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core_harness.data.labels.de_tables import wrong_numbers
from core_harness.errors import DataError

_TOP = 10
"""Rows that limma's topTable and edgeR's topTags write unless they are asked for more."""
_COMPLETE_FDR = 0.5
"""Among all tested genes some have a larger FDR: half of the true nulls have p > .5, and no FDR is below
its p."""
_FILTERED_FOLD_CHANGE = 0.1
"""FindMarkers leaves out smaller ones unless it is told not to (.25 before Seurat 5)."""
_ENOUGH = 20
"""Rows from which on the lack of small or of negative fold changes is no accident."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a table holds; a number is None where it has no row for it."""

    rows: int
    without_gene: int
    without_perturbation: int
    not_significant: int
    largest_fdr: float | None
    smallest_fold_change: float | None
    fold_changes: int
    down: int
    most_rows: int

    def not_complete(self) -> Iterator[str]:
        """Yield the reasons why its rows are no negatives."""
        if self.not_significant == 0:
            yield "it has no row that is not significant"
        elif self.largest_fdr is not None and self.largest_fdr < _COMPLETE_FDR:
            yield f"its largest adjusted p-value is {self.largest_fdr:.3g}, so rows above were left out"
        if self.most_rows == _TOP:
            yield (
                "it has ten rows a perturbation, where topTable stops without number=Inf, and topTags "
                "without n=Inf"
            )
        if (
            self.not_significant >= _ENOUGH
            and self.smallest_fold_change is not None
            and self.smallest_fold_change >= _FILTERED_FOLD_CHANGE
        ):
            yield (
                f"none of its log2 fold changes is nearer to 0 than {self.smallest_fold_change:.2g}, as "
                "where FindMarkers filters genes first (logfc.threshold=0 and min.pct=0 keep them)"
            )

    @property
    def only_up(self) -> bool:
        """Whether its fold changes are all above 0, as those of ratios are."""
        return self.fold_changes >= _ENOUGH and self.down == 0


def facts_of(part: pl.LazyFrame, units: pl.DataFrame, fdr: float) -> Facts:
    """Return what results hold; ``fdr`` is the threshold, ``units`` the rows of each perturbation."""
    away = pl.col("log2_fold_change").abs()
    other = pl.col("fdr") > fdr
    found = part.select(
        pl.len().alias("rows"),
        pl.col("gene").null_count().alias("without_gene"),
        pl.col("perturbation").null_count().alias("without_perturbation"),
        other.sum().alias("not_significant"),
        pl.col("fdr").max().alias("largest_fdr"),
        away.filter(other).min().alias("smallest_fold_change"),
        pl.col("log2_fold_change").count().alias("fold_changes"),
        (pl.col("log2_fold_change") < 0).sum().alias("down"),
    ).collect(engine="streaming")
    most_rows = max(units["rows"].to_list(), default=0)
    return Facts(**found.row(0, named=True), most_rows=most_rows)


def check_numbers(part: pl.LazyFrame, origin: Path) -> None:
    """Refuse results with a number that is none, or that cannot be. Raises :class:`DataError`."""
    for problem in wrong_numbers(part):
        raise DataError(f"{origin}: {problem}; say which column holds what, or mend it")


def check_complete(facts: Facts, origin: Path) -> None:
    """Refuse a table that does not list all that was tested. Raises :class:`DataError`."""
    for reason in facts.not_complete():
        raise DataError(
            f"{origin} cannot say which genes do not change: {reason}; write all tested genes, or say "
            "--negatives leave-out for changed genes alone (trust takes its rows all the same)"
        )
