"""One label a pair: labelled results of some perturbations, from all files, counted and sorted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

UNIT = ("context", "perturbation")
PAIR = (*UNIT, "gene")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Rows ``context, perturbation, gene, label, cells, knockdown``, sorted, and what became of the others.

    ``listed`` counts distinct pairs, whatever their label, ``differing`` rows that repeat one with other
    figures.
    """

    rows: pl.DataFrame
    ambiguous: Counter[str]
    left_out: Counter[str]
    listed: int
    differing: int


def settle(results: pl.DataFrame) -> Settled:
    """Return one label for each pair of labelled results that hold whole perturbations.

    A pair that occurs twice with two labels is ambiguous. The perturbed gene itself is left out: it says
    how well the perturbation worked, and no more.
    """
    itself = pl.col("gene") == pl.col("perturbation")
    left_out = Counter({"the perturbed gene itself": results.filter(itself).height})
    figures = results.filter(~itself).unique([*PAIR, "fdr", "log2_fold_change", "label", "why"])
    by_pair = figures.group_by(PAIR).agg(
        pl.col("label").min(),
        pl.col("label").n_unique().alias("said"),
        pl.col("why").min(),
        pl.len().alias("times"),
    )
    left_out["repeated"] = results.height - left_out["the perturbed gene itself"] - by_pair.height
    contradictory = by_pair.filter(pl.col("said") > 1).height
    unclear = by_pair.filter((pl.col("said") == 1) & (pl.col("label") == "ambiguous"))
    ambiguous = Counter({str(why): number for why, number in unclear["why"].value_counts().iter_rows()})
    ambiguous["contradictory"] = contradictory
    rows = by_pair.filter((pl.col("said") == 1) & (pl.col("label") != "ambiguous")).select(
        *PAIR, pl.col("label").cast(pl.String)
    )
    return Settled(
        rows=rows.join(_of_perturbations(results), on=UNIT, how="left").sort(PAIR),
        ambiguous=ambiguous,
        left_out=left_out,
        listed=by_pair.height + results.filter(itself).select(PAIR).n_unique(),
        differing=figures.height - by_pair.height,
    )


def _of_perturbations(results: pl.DataFrame) -> pl.DataFrame:
    """Return cells and knockdown of each perturbation, the latter from its own gene without a column."""
    own = pl.col("log2_fold_change").filter(pl.col("gene") == pl.col("perturbation"))
    return results.group_by(UNIT).agg(
        pl.col("cells").max(),
        pl.coalesce(pl.col("knockdown").max(), 1 - (own.min() * pl.lit(2.0).log()).exp()),
    )
