"""From a test's result to a label: the thresholds, in two presets, and the labels as expressions.

A row that fits neither a change nor its absence is ``ambiguous``: what was not tested (no FDR), is not
clear (between the thresholds), or could not have been seen (little expressed) is no negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from core_harness.errors import UsageError
from core_harness.schemas import Schema
from core_harness.vocabulary import Preset

Label = Literal["up", "down", "none", "ambiguous"]

Why = Literal[
    "no FDR", "no direction", "small change", "between the thresholds", "little expressed", "contradictory"
]
"""Why a pair is ambiguous; ``contradictory``: its results say different things."""

LABEL, WHY = pl.Enum(get_args(Label)), pl.Enum(get_args(Why))

RESULTS: Schema = {
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "p_value": pl.Float64,
    "fdr": pl.Float64,
    "log2_fold_change": pl.Float64,
    "expression": pl.Float64,
    "cells": pl.Float64,
    "knockdown": pl.Float64,
}
"""Results of tests as labels are made from them, one tested (context, perturbation, gene) a row.

Numbers are null where there are none; ``expression`` is in the unit of its tool, ``cells`` and
``knockdown`` (the share of the target's expression that is lost) are of the perturbation.
"""


class Thresholds(BaseModel):
    """What is called a change, and what the absence of one.

    Attributes
    ----------
    fdr, fold_change
        A gene changes where its FDR is at most ``fdr`` and its log2 fold change is at least
        ``fold_change``, up or down.
    none_fdr, none_fold_change, none_expression
        It does not where the FDR is above ``fdr`` and at least ``none_fdr``, the log2 fold change is nearer
        to 0 than ``none_fold_change``, and the expression is at least ``none_expression``; None asks nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fdr: float = Field(gt=0, lt=1)
    fold_change: float = Field(ge=0)
    none_fdr: float | None = Field(default=None, ge=0, le=1)
    none_fold_change: float | None = Field(default=None, gt=0)
    none_expression: float | None = None


PRESETS: Mapping[Preset, Thresholds] = {
    # of a published labelling of drug screens: .585 is log2 1.5, and expression is DESeq2's baseMean
    "banded": Thresholds(fdr=0.05, fold_change=0.585, none_fdr=0.5, none_fold_change=0.2, none_expression=10),
    # as PerturbQA has it
    "simple": Thresholds(fdr=0.05, fold_change=0),
}


def thresholds_of(preset: Preset, given: Mapping[str, float | None]) -> Thresholds:
    """Return the thresholds of a preset with those that are given in their place.

    Raises :class:`~core_harness.errors.UsageError` for one outside of its range.
    """
    changed = {name: value for name, value in given.items() if value is not None}
    try:
        return Thresholds.model_validate(PRESETS[preset].model_dump() | changed)
    except ValueError:
        wrong = ", ".join(f"{name} {value:g}" for name, value in changed.items())
        raise UsageError(
            f"thresholds are out of range ({wrong}): an FDR is between 0 and 1, a log2 fold change at least 0"
        ) from None


def labelled(results: pl.LazyFrame, thresholds: Thresholds, *, expressed: bool) -> pl.LazyFrame:
    """Return :data:`RESULTS` with ``label``, and ``why`` where that is ambiguous.

    ``expressed`` says whether the threshold on expression applies.
    """
    changed = list(_changes(thresholds))
    absent = list(_absences(thresholds, expressed=expressed))
    fold_change = pl.col("log2_fold_change")
    significant = pl.col("fdr") <= thresholds.fdr
    label = (
        pl.when(pl.all_horizontal(*changed, fold_change > 0))
        .then(pl.lit("up"))
        .when(pl.all_horizontal(*changed, fold_change < 0))
        .then(pl.lit("down"))
        .when(pl.all_horizontal(*absent))
        .then(pl.lit("none"))
        .otherwise(pl.lit("ambiguous"))
    )
    why = (
        pl.when(pl.col("fdr").is_null())
        .then(pl.lit("no FDR"))
        .when(significant & (fold_change.is_null() | (fold_change == 0)))
        .then(pl.lit("no direction"))
        .when(significant)
        .then(pl.lit("small change"))
        .when(
            pl.all_horizontal(*absent[:-1]) if expressed and thresholds.none_expression is not None else False
        )
        .then(pl.lit("little expressed"))
        .otherwise(pl.lit("between the thresholds"))
    )
    return results.with_columns(label.cast(LABEL).alias("label")).with_columns(
        pl.when(pl.col("label") == "ambiguous").then(why).cast(WHY).alias("why")
    )


def _changes(thresholds: Thresholds) -> Iterator[pl.Expr]:
    yield pl.col("fdr") <= thresholds.fdr
    if thresholds.fold_change > 0:
        yield pl.col("log2_fold_change").abs() >= thresholds.fold_change


def _absences(thresholds: Thresholds, *, expressed: bool) -> Iterator[pl.Expr]:
    yield pl.col("fdr") > thresholds.fdr
    if thresholds.none_fdr is not None:
        yield pl.col("fdr") >= thresholds.none_fdr
    if thresholds.none_fold_change is not None:
        yield pl.col("log2_fold_change").abs() < thresholds.none_fold_change
    if thresholds.none_expression is not None and expressed:  # the last: see "little expressed"
        yield pl.col("expression") >= thresholds.none_expression
