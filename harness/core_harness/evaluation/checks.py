"""Checks between stages."""

from __future__ import annotations

import polars as pl

from core_harness.errors import PluginError
from core_harness.evidence.evidence import Evidence
from core_harness.llm import PROMPTS
from core_harness.schemas import PREDICTIONS, RELATIONS, Block, check


def check_dataset(component: object, who: str) -> None:
    """Pass."""


def check_relations(relations: object, block: Block, who: str) -> pl.DataFrame:
    """Check relations."""
    frame = check(relations, RELATIONS, who)
    weight = pl.col("weight")
    faults = {
        "a weight that is negative or not finite": weight.is_null() | ~weight.is_finite() | (weight < 0),
        "a perturbation related to itself": pl.col("perturbation") == pl.col("neighbour"),
        "a pair twice": pl.struct("perturbation", "neighbour").is_duplicated(),
    }
    for fault, rows in faults.items():
        if (bad := frame.filter(rows)).height:
            first = bad.row(0, named=True)
            raise PluginError(f"{who} returned {fault}: {first['perturbation']} and {first['neighbour']}")
    return frame


def check_evidence(organized: Evidence, block: Block, who: str) -> Evidence:
    """Pass."""
    return organized


def check_prompts(prompts: object, pairs: pl.DataFrame, who: str) -> pl.DataFrame:
    """Check prompts."""
    return check(prompts, PROMPTS, who)


def check_predictions(predictions: object, pairs: pl.DataFrame, who: str, *, ranks: bool) -> pl.DataFrame:
    """Check predictions."""
    frame = check(predictions, PREDICTIONS, who).sort("pair_id")
    if not frame["pair_id"].equals(pairs["pair_id"].sort()):
        raise PluginError(
            f"{who} returned {frame.height} predictions for {pairs.height} pairs; "
            "it must return each pair_id once, and a null score where it has none"
        )
    return frame
