"""Sums of counts by batch: planted effects at the stated error rate, also where samples vary so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from scipy.stats import kstest, ttest_1samp

pytest.importorskip("anndata", reason="the extra anndata is not installed")
pytest.importorskip("numba_mwu", reason="the extra anndata is not installed")

from data.labels.test_cells import World, labelled, world, written

from core_harness.data.labels.cells.moderated import moderated
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.errors import DataError, UsageError

BATCHES, PERTURBED, GENES = 5, 10, 300
BY_BATCH = CellsRequest(test="pseudobulk", batch="batch")


def batched(seed: int = 0, *, cells: int = 6000, spread: float = 0.15) -> World:
    """Return counts in which each gene of each sample (perturbation and batch) varies by itself.

    Such variation is between samples and not between cells, so that tests of cells take it for effects.
    """
    rng = np.random.default_rng(seed)
    names = [f"G{number:04}" for number in range(GENES)]
    mean = rng.gamma(1.0, 2.0, GENES) + 0.2
    effects = np.ones((PERTURBED + 1, GENES))
    for number in range(PERTURBED):
        effects[number, rng.choice(GENES - 1, GENES // 20, replace=False)] = rng.choice([0.4, 2.5])
        effects[number, number] = 0.2
    mean[-1] = 4 * mean[:-1].sum()  # makes normalising harmless
    who, batch = rng.integers(-3, PERTURBED, cells).clip(-1), rng.integers(0, BATCHES, cells)
    of_sample = np.exp(rng.normal(0, spread, (PERTURBED + 1, BATCHES, GENES)))
    of_sample[:, :, -1] = 1
    of_batch = np.exp(rng.normal(0, 0.5, (BATCHES, GENES)))
    rate = mean * effects[who] * of_sample[who, batch] * of_batch[batch] * rng.lognormal(0, 0.4, (cells, 1))
    of_cells = {
        "gene": ["non-targeting" if one < 0 else names[one] for one in who],
        "batch": [f"b{number}" for number in batch],
    }
    truth = {(names[p], names[g]) for p, g in zip(*np.nonzero(effects[:-1] != 1), strict=True)}
    return World(sp.csr_matrix(rng.poisson(rate).astype(np.float32)), of_cells, truth)


def false_share(table: pl.DataFrame, truth: set[tuple[str, str]]) -> tuple[float, float]:
    """Return which share of the calls is wrong, and which share of the effects is called."""
    called = set(table.filter(pl.col("label") != "none").select("perturbation", "gene").rows())
    others = {pair for pair in truth if pair[0] != pair[1]}
    return len(called - truth) / max(1, len(called)), len(called & others) / len(others)


@pytest.mark.slow
def test_planted_effects_are_found_at_the_stated_error_rate_and_cells_alone_are_no_replicates(
    tmp_path: Path,
) -> None:
    made = batched()
    path = written(tmp_path / "cells.h5ad", made)
    manifest, table = labelled(path, cells=BY_BATCH)
    wrong, found = false_share(table, made.truth)
    assert wrong < 0.1  # stated is .05
    assert found > 0.8
    assert (table["knockdown"] > 0.5).all()
    assert any("by a moderated t-test of log-CPM" in note for note in manifest.notes)
    _, of_cells = labelled(path, cells=CellsRequest(batch="batch"))
    assert false_share(of_cells, made.truth)[0] > 0.2


@pytest.mark.slow
def test_genes_with_few_counts_are_not_tested_and_are_ambiguous(tmp_path: Path) -> None:
    made = batched()
    counts = made.counts.toarray()
    counts[:, :20] = 0
    counts[::400, :20] = 1
    path = written(tmp_path / "cells.h5ad", World(sp.csr_matrix(counts), made.cells, set()))
    manifest, table = labelled(path, cells=BY_BATCH)
    assert not set(table["gene"]) & {f"G{number:04}" for number in range(20)}
    assert manifest.counts.ambiguous["no FDR"] >= 10 * (PERTURBED - 1)


def test_what_has_no_replicates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes batches for replicates; say --batch-column"):
        CellsRequest(test="pseudobulk")
    path = written(tmp_path / "two.h5ad", world(900, perturbed=3, genes=40))
    with pytest.raises(DataError, match="no perturbation has 10 cells and as many controls in 3 batches"):
        labelled(path, cells=BY_BATCH)
    made = world(900, perturbed=3, genes=40)
    logs = written(tmp_path / "logs.h5ad", made, matrix=made.counts.log1p())
    with pytest.raises(UsageError, match="sums counts, and the file has logs; say which --layer has counts"):
        labelled(logs, cells=BY_BATCH)


@pytest.mark.parametrize("samples", [3, 5])
def test_p_values_are_uniform_without_effects_and_moderation_finds_more(samples: int) -> None:
    rng = np.random.default_rng(1)
    level = rng.uniform(2, 12, 4000)
    own = np.exp(-0.3 * level) * 5 / rng.chisquare(5, 4000)  # less where more is expressed, and by itself
    null = rng.normal(0, np.sqrt(own), (samples, 4000))
    assert kstest(moderated(null, level), "uniform").pvalue > 0.01
    moved = null + 3 * np.sqrt(own)
    plain: Any = ttest_1samp(moved, 0).pvalue
    assert (moderated(moved, level) < 0.001).mean() > 2 * (plain < 0.001).mean()


def test_few_genes_are_tested_each_by_itself() -> None:
    differences = np.random.default_rng(2).normal(0.5, 1, (4, 20))
    plain: Any = ttest_1samp(differences, 0).pvalue
    assert moderated(differences, np.arange(20.0)) == pytest.approx(plain)
