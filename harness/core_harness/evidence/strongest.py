"""The strongest evidence about each pair, in words."""

from __future__ import annotations

import polars as pl

from core_harness.evidence.evidence import Evidence
from core_harness.vocabulary import Question

SHOWN = 3
"""Rows of evidence that are named of a pair."""

_SIDES: dict[Question, tuple[str, str]] = {"de": ("moved by", "not by"), "dir": ("up under", "down under")}


def strongest(evidence: Evidence, question: Question) -> pl.DataFrame:
    """Return ``pair_id, evidence``: the strongest rows of each pair in words.

    E.g. ``moved by A (0.4); not by B (0.1)``, with the weight in brackets. Pairs without evidence are not
    there. A neighbour that was measured in another context than the pair is followed by that context.
    """
    other = pl.col("context") != evidence.block.context
    name = pl.when(other).then(pl.format("{} in {}", "neighbour", "context")).otherwise("neighbour")
    weight = pl.col("weight").round_sig_figs(2).cast(pl.String)
    sides = dict(zip((1, 0), _SIDES[question], strict=True))
    side = pl.col("label").replace_strict(sides, return_dtype=pl.String)
    return (
        evidence.top(SHOWN, per_side=False)
        .rows()
        .group_by("pair_id", "label", maintain_order=True)
        .agg(pl.format("{} ({})", name, weight).str.join(", ").alias("names"))
        .sort("pair_id", -pl.col("label").cast(pl.Int8))
        .group_by("pair_id", maintain_order=True)
        .agg(pl.format("{} {}", side, "names").str.join("; ").alias("evidence"))
    )
