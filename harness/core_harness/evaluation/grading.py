"""Grades of relatives: evidence weighed by them, and what lacks them."""

from __future__ import annotations

import polars as pl

from core_harness.evidence.evidence import Evidence


def weighed_by(answers: pl.DataFrame, evidence: Evidence) -> Evidence:
    """Return the evidence, weighed by the grades among the answers: their mean over samples."""
    owner = evidence.pairs.select(pl.col("pair_id").alias("prompt_id"), "perturbation")
    grades = (
        answers.filter(pl.col("pair_id").is_null())
        .drop_nulls("value")
        .join(owner, on="prompt_id")
        .group_by("perturbation", pl.col("item").alias("neighbour"))
        .agg(pl.col("value").mean().alias("grade"))
    )
    return evidence.reweigh(grades.sort("perturbation", "neighbour"))


def mark_ungraded(predictions: pl.DataFrame, pairs: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return predictions with the status ``ungraded`` where a model was asked and graded no relative.

    Their scores are those of the plain vote, which is not what was asked for.
    """
    grades = answers.filter(pl.col("pair_id").is_null())
    missing = grades.group_by("prompt_id").agg(pl.col("value").is_null().all()).filter("value")["prompt_id"]
    if missing.is_empty():
        return predictions
    owners = pairs.filter(pl.col("pair_id").is_in(missing.implode()))["perturbation"]
    ungraded = pairs.filter(pl.col("perturbation").is_in(owners.implode()))["pair_id"]
    lacks = pl.col("pair_id").is_in(ungraded.implode()) & (pl.col("status") == "ok")
    return predictions.with_columns(
        pl.when(lacks).then(pl.lit("ungraded")).otherwise("status").alias("status")
    )
