"""One label a pair: labelled results of some perturbations, from all files, counted and sorted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from core_harness.data.labels.rule import LABEL, WHY

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
    own, others = results.filter(itself), results.filter(~itself).sort(PAIR)
    each, differing = _one_a_pair(others)
    unclear = each.filter(pl.col("label") == "ambiguous")["why"].value_counts()
    rows = each.filter(pl.col("label") != "ambiguous").select(*PAIR, pl.col("label").cast(pl.String))
    return Settled(
        rows=rows.join(_of_perturbations(results), on=UNIT, how="left", maintain_order="left"),
        ambiguous=Counter({str(why): number for why, number in unclear.iter_rows()}),
        left_out=Counter(
            {"the perturbed gene itself": own.height, "repeated": others.height - each.height},
        ),
        listed=each.height + own.select(PAIR).n_unique(),
        differing=differing,
    )


def _one_a_pair(results: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return sorted results with each pair once, and how many rows gave another result for one."""
    before = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in PAIR).fill_null(value=False)
    again = results.select(before | before.shift(-1, fill_value=False)).to_series()
    if not again.any():
        return results, 0
    figures = results.filter(again).unique([*PAIR, "fdr", "log2_fold_change", "label", "why"])
    by_pair = figures.group_by(PAIR).agg(
        pl.col("label", "why").min(), pl.col("label").n_unique().alias("said")
    )
    contradictory = pl.col("said") > 1
    settled = by_pair.select(
        *PAIR,
        pl.when(contradictory).then(pl.lit("ambiguous", LABEL)).otherwise("label").alias("label"),
        pl.when(contradictory).then(pl.lit("contradictory", WHY)).otherwise("why").alias("why"),
    )
    each = pl.concat([results.filter(~again).select(settled.columns), settled]).sort(PAIR)
    return each, figures.height - by_pair.height


def _of_perturbations(results: pl.DataFrame) -> pl.DataFrame:
    """Return cells and knockdown of each perturbation, the latter from its own gene without a column."""
    own = pl.col("log2_fold_change").filter(pl.col("gene") == pl.col("perturbation"))
    return results.group_by(UNIT).agg(
        pl.col("cells").max(),
        pl.coalesce(pl.col("knockdown").max(), 1 - (own.min() * pl.lit(2.0).log()).exp()),
    )
