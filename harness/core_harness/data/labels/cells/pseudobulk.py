"""Sums of counts as samples: perturbed cells of a batch against the controls of the same batch.

Cells of a batch are no replicates of each other; batches are. So each batch gives one difference of log-CPM a
gene, and these are tested by :func:`~core_harness.data.labels.cells.moderated.moderated`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from core_harness.data.labels.cells.expression import PER_CELL, counts_of
from core_harness.data.labels.cells.moderated import moderated
from core_harness.data.labels.cells.opening import Cells
from core_harness.data.labels.rule import RESULTS

FEWEST_BATCHES = 3
"""Batches with both perturbed cells and controls that a perturbation must have."""

_LEAST_COUNTS = 10.0
"""Mean counts of a gene in the samples of the side with more: below, its logarithms are of counting alone."""

_PRIOR = 0.5
"""Counts of a sample of mean size that are added before the logarithm is taken."""

_GROUPS_AT_ONCE = 500

_UNIT = ["context", "perturbation"]

Floats = NDArray[np.float64]


def samples_of(matched: pl.DataFrame, controls: pl.DataFrame, least: int) -> pl.DataFrame:
    """Return ``context, perturbation, batch, cells, against``: cells of both sides, by batch, sorted.

    Samples with fewer than ``least`` cells on a side are left out, and then perturbations with fewer than
    :data:`FEWEST_BATCHES` samples.
    """
    listed = pl.col("cell").sort()
    against = controls.group_by("context", "batch").agg(listed.alias("against"))
    samples = matched.group_by(*_UNIT, "batch").agg(listed.alias("cells"))
    samples = samples.join(against, on=["context", "batch"])
    enough = pl.min_horizontal(pl.col("cells", "against").list.len()) >= least
    samples = samples.filter(enough).filter(pl.len().over(_UNIT) >= FEWEST_BATCHES)
    return samples.sort(*_UNIT, "batch")


def results_of_sums(cells: Cells, samples: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield :data:`~core_harness.data.labels.rule.RESULTS` of some perturbations at a time."""
    for (_,), here in samples.group_by("context", maintain_order=True):
        batches = here.unique("batch").sort("batch")
        controls = _sums(cells, batches["against"].to_list())
        places = here.with_columns(batches["batch"].search_sorted(here["batch"]).alias("batch"))
        number = (pl.int_range(pl.len()) // _GROUPS_AT_ONCE).alias("part")
        parts = places.with_columns(number).with_columns(pl.col("part").min().over(_UNIT))
        for some in parts.partition_by("part", maintain_order=True):
            sums = _sums(cells, some["cells"].to_list())
            by_unit = some.with_row_index("at").partition_by(_UNIT, maintain_order=True)
            yield pl.concat(_of_unit(sums, controls, unit, cells.genes) for unit in by_unit)


def _of_unit(sums: Floats, controls: Floats, unit: pl.DataFrame, genes: list[str]) -> pl.DataFrame:
    """Return the results of one perturbation; ``at`` and ``batch`` are its rows of the sums."""
    found = _compared(sums[unit["at"].to_numpy()], controls[unit["batch"].to_numpy()], genes)
    context, perturbation = unit.select(_UNIT).row(0)
    own = found.filter(gene=perturbation)["log2_fold_change"].drop_nulls()
    about = {
        "context": context,
        "perturbation": perturbation,
        "cells": float(unit["cells"].list.len().sum()),
        "knockdown": None if own.is_empty() else 1 - 2.0 ** own[0],
    }
    found = found.with_columns(pl.lit(value).alias(name) for name, value in about.items())
    return found.select(pl.col(name).cast(kind) for name, kind in RESULTS.items())


def _sums(cells: Cells, groups: list[list[int]]) -> Floats:
    """Return the counts of each group of cells, shape (groups, genes)."""
    wanted = np.unique(np.concatenate([np.asarray(group) for group in groups]))
    counts = counts_of(cells, wanted)
    members = np.concatenate([np.searchsorted(wanted, group) for group in groups])
    starts = np.cumsum([0, *map(len, groups)])
    belongs = sp.csr_matrix((np.ones(len(members)), members, starts), shape=(len(groups), len(wanted)))
    sums: Floats = (belongs @ counts.astype(np.float64)).toarray()
    return sums


def _compared(perturbed: Floats, controls: Floats, genes: list[str]) -> pl.DataFrame:
    """Return the test of each gene: samples of a perturbation against controls of the same batches."""
    sizes = np.concatenate([perturbed.sum(axis=1), controls.sum(axis=1)])
    prior = _PRIOR / float(perturbed.sum(axis=1).mean())
    logs = np.log2(np.vstack([perturbed, controls]) / sizes[:, None] + prior)
    differences = logs[: len(perturbed)] - logs[len(perturbed) :]
    seen = np.maximum(perturbed.mean(axis=0), controls.mean(axis=0) * perturbed.sum() / controls.sum())
    tested = seen >= _LEAST_COUNTS
    if tested.any():
        # what strong effects take from all other genes is no effect on these
        differences -= np.median(differences[:, tested], axis=1, keepdims=True)
    p_value = np.full(len(genes), np.nan)
    fdr = p_value.copy()
    if tested.any():
        p_value[tested] = moderated(differences[:, tested], logs.mean(axis=0)[tested])
        fdr[tested] = false_discovery_control(p_value[tested])
    change = np.where(tested, differences.mean(axis=0), np.nan)
    figures = {"p_value": p_value, "fdr": fdr, "log2_fold_change": change}
    expression = controls.sum(axis=0) / controls.sum() * PER_CELL
    return pl.DataFrame({"gene": genes, **figures, "expression": expression}).with_columns(
        pl.col(*figures).fill_nan(None)
    )
