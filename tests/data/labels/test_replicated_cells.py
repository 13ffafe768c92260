"""Halves of simulated cells: labels of one, tests of the other, and where a method stands by them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("anndata", reason="the extra anndata is not installed")
pytest.importorskip("numba_mwu", reason="the extra anndata is not installed")
pytestmark = pytest.mark.slow

from data.labels.test_cells import World, labelled, world, written  # noqa: E402

from core_harness.analysis.audit import audit_dataset  # noqa: E402
from core_harness.data.labels.cells.request import CellsRequest  # noqa: E402
from core_harness.data.labels.replicates import DRAWS  # noqa: E402
from core_harness.data.tables.replicates import read_replicates, repeated_answers  # noqa: E402
from core_harness.errors import DataError  # noqa: E402
from core_harness.evaluation.session import Session  # noqa: E402
from core_harness.evaluation.spec import RunSpec  # noqa: E402

PAIR = ["context", "perturbation", "gene"]


def test_halves_of_cells_are_labelled_and_tested_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "cells.h5ad", world())
    plain, _ = labelled(path, split="perturbation=.5")
    manifest, table = labelled(path, split="perturbation=.5", cells=CellsRequest(replicates="cells"))
    assert plain.sha256 == manifest.sha256
    found = read_replicates(tmp_path / "labels.csv")
    assert found is not None
    assert manifest.repeated is not None
    assert found["draw"].n_unique() == manifest.repeated.draws == DRAWS
    test = table.filter(split="test")
    assert found.join(test, on=PAIR, how="anti").is_empty()
    assert found.height > 0.99 * DRAWS * test.height
    both = found.join(test, on=PAIR, suffix="_of_all")
    # less is called in half of the cells, and little else
    called, of_all = (both.filter(pl.col(name) != "none").height for name in ("label", "label_of_all"))
    assert 0.5 * of_all < called < of_all
    by_pair = found.group_by(PAIR).agg(pl.col("p_value").n_unique())
    assert by_pair["p_value"].mean() == pytest.approx(DRAWS, abs=0.1)


def test_the_other_half_tells_planted_effects(tmp_path: Path) -> None:
    path = written(tmp_path / "cells.h5ad", world())
    labelled(path, split="perturbation=.5", cells=CellsRequest(replicates="cells"))
    audit = audit_dataset(RunSpec(dataset=f"table:{tmp_path / 'labels.csv'}"), Session(resamples=50))
    assert audit.repeated is not None
    assert audit.repeated.pooled_auroc is not None
    assert (audit.repeated.pooled_auroc.value or 0) > 0.85
    found = read_replicates(tmp_path / "labels.csv")
    assert found is not None
    direction = repeated_answers(found, "dir")
    assert direction.filter((pl.col("score") > 0) == (pl.col("label") == 1)).height > 0.9 * direction.height


def test_batches_and_guides_are_kept_apart(tmp_path: Path) -> None:
    made = world()
    cells = {**made.cells, "sgRNA": [f"{gene}_{at % 2}" for at, gene in enumerate(made.cells["gene"])]}
    path = written(tmp_path / "cells.h5ad", World(made.counts, cells, set()))
    for request in (
        CellsRequest(replicates="batch", batch="batch"),
        CellsRequest(replicates="cells"),
        CellsRequest(replicates="cells", guide="sgRNA"),
    ):
        manifest, _ = labelled(path, cells=request)
        assert manifest.repeated is not None
        assert manifest.repeated.pairs > 0.95 * manifest.repeated.asked
        assert manifest.files[0].columns.get("guide") == (None if request.batch else "sgRNA")


def test_one_batch_cannot_be_halved(tmp_path: Path) -> None:
    made = world(900, perturbed=3, genes=40)
    cells = {**made.cells, "batch": ["b0"] * len(made.cells["gene"])}
    path = written(tmp_path / "cells.h5ad", World(made.counts, cells, set()))
    with pytest.raises(DataError, match="no perturbation has 10 cells and as many controls in each half"):
        labelled(path, cells=CellsRequest(replicates="batch", batch="batch"))
