"""Inside the macro means: one AUROC a gene, and each pair's part in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from core_harness.metrics.paired import ROUNDING
from core_harness.metrics.segments import GENE, with_both_classes

BINS = 20
"""Of the distribution of AUROC over genes."""


def placements(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return the rows of the segments with both classes, with the ``placement`` of each pair.

    The placement of a positive is the share of its segment's negatives that score lower, that of a
    negative the share of its positives that score higher; a tie counts half (DeLong et al. 1988). Its
    mean over the positives of a segment, or over the negatives, is the segment's AUROC.

    Parameters
    ----------
    rows
        Frame with ``label``, ``score`` and the columns ``by``, e.g. ``("context", "gene")``. Rows without
        a score are left out.
    """
    positive = pl.col("label") == 1
    in_all = pl.col("score").rank("average").over(by)
    in_class = pl.col("score").rank("average").over([*by, "label"])
    positives, negatives = (_number(side).over(by) for side in (positive, ~positive))
    below = in_all - in_class  # of the other class
    return with_both_classes(rows.drop_nulls("score"), by).with_columns(
        pl.when(positive).then(below / negatives).otherwise(1 - below / positives).alias("placement")
    )


def auroc_by(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return ``*by, auroc, positives, negatives``, sorted, of the segments with both classes.

    ``rows`` are those of :func:`placements`.
    """
    positive = pl.col("label") == 1
    return (
        placements(rows, by)
        .group_by(by)
        .agg(
            pl.col("placement").filter(positive).mean().alias("auroc"),
            _number(positive).alias("positives"),
            _number(~positive).alias("negatives"),
        )
        .sort(by)
    )


def mean_placements(repeats: Sequence[pl.DataFrame], by: Sequence[str]) -> pl.DataFrame:
    """Return ``*by, placement``: the AUROC of each gene, or how well a perturbation's pairs are placed.

    Parameters
    ----------
    repeats
        Rows of :func:`placements`: one frame, or one a seed of a control, over which the mean is taken.
    by
        ``("context", "gene")`` or ``("context", "perturbation")``; placements are within genes anyway.
    """
    rows = pl.concat([placements(frame, GENE) for frame in repeats])
    if tuple(by) == GENE:  # over the positives alone it is the gene's AUROC
        rows = rows.filter(pl.col("label") == 1)
    return rows.group_by(by).agg(pl.col("placement").mean())


def changed_placements(
    first: Sequence[pl.DataFrame], second: Sequence[pl.DataFrame], by: Sequence[str]
) -> pl.DataFrame:
    """Return ``*by, first, second, change, pairs`` of what changed between two runs on the same pairs.

    The largest change comes first; that of a perturbation is summed over its pairs for the order. Of
    equal changes that of more pairs comes first.
    """
    one, two = (
        mean_placements(run, by).rename({"placement": name})
        for run, name in ((first, "first"), (second, "second"))
    )
    pairs = placements(first[0], GENE).group_by(by).agg(pl.len().alias("pairs"))
    change = pl.col("second") - pl.col("first")
    weight = 1 if tuple(by) == GENE else pl.col("pairs")
    return (
        pairs.join(one, on=list(by))
        .join(two, on=list(by))
        .with_columns(change.alias("change"))
        .filter(pl.col("change").abs() > ROUNDING)
        .sort((change * weight).abs(), "pairs", *by, descending=[True, True, *(False for _ in by)])
        .select(*by, "first", "second", "change", "pairs")
    )


def genes_by_auroc(repeats: Sequence[pl.DataFrame]) -> tuple[int, ...]:
    """Return the number of genes in each of :data:`BINS` equal bins of AUROC from 0 to 1."""
    found = mean_placements(repeats, GENE)["placement"].to_numpy()
    counts, _ = np.histogram(found, bins=BINS, range=(0.0, 1.0))
    return tuple(int(count) for count in counts)


def ties(rows: pl.DataFrame, by: Sequence[str]) -> float | None:
    """Return the share of the contrasts of a positive with a negative within a segment that are ties.

    None where no segment has both classes. ``rows`` are those of :func:`placements`.
    """
    positive = pl.col("label") == 1
    both = with_both_classes(rows.drop_nulls("score"), by)
    number = (_number(positive) * _number(~positive)).alias("contrasts")
    contrasts = float(both.group_by(by).agg(number)["contrasts"].sum())
    tied = float(both.group_by(*by, "score").agg(number)["contrasts"].sum())
    return tied / contrasts if contrasts else None


def _number(side: pl.Expr) -> pl.Expr:
    return side.sum().cast(pl.Int64)
