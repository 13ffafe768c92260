"""Single cells compared with their controls: against scanpy and pdex, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from click.testing import CliRunner

from core_harness.cli import cli

anndata = pytest.importorskip("anndata", reason="the extra anndata is not installed")
pytest.importorskip("numba_mwu", reason="the extra anndata is not installed")
pytestmark = pytest.mark.slow

from core_harness.data.labels.cells.request import CellsRequest  # noqa: E402
from core_harness.data.labels.making import label_again, label_files  # noqa: E402
from core_harness.data.labels.manifest import LabelManifest, manifest_path  # noqa: E402
from core_harness.data.labels.request import Columns, LabelRequest  # noqa: E402
from core_harness.data.labels.rule import PRESETS  # noqa: E402
from core_harness.errors import DataError, HarnessError, UsageError  # noqa: E402

SIMPLE: dict[str, Any] = {"preset": "simple", "thresholds": PRESETS["simple"]}
PERTURBED, GENES = 12, 200


class World(NamedTuple):
    """Cells with planted effects: counts, what each cell is, and the pairs that change."""

    counts: sp.csr_matrix
    cells: dict[str, list[str]]
    truth: set[tuple[str, str]]


def world(cells: int = 3000, *, perturbed: int = PERTURBED, genes: int = GENES, draw: int = 0) -> World:
    """Return Poisson counts of cells in which each perturbation loses its gene and moves some others.

    The last gene makes up for what the others gain or lose, so that normalising by cell plants nothing more.
    Another ``draw`` is of other cells with the same effects.
    """
    rng = np.random.default_rng(0)
    names = [f"G{number:04}" for number in range(genes)]
    mean = rng.gamma(0.5, 2.0, genes) + 0.05
    effects = np.ones((perturbed, genes))
    for number in range(perturbed):
        effects[number, rng.choice(genes, genes // 25, replace=False)] = 3.0
        effects[number, number] = 0.2
    mean[-1] = 2 * mean[:-1].sum()
    effects[:, -1] = 1 - (effects[:, :-1] - 1) @ mean[:-1] / mean[-1]
    rng = np.random.default_rng(draw)
    depth, who = rng.lognormal(0, 0.4, cells), rng.integers(-perturbed // 3, perturbed, cells)
    parts = []
    for start in range(0, cells, 2000):
        some = slice(start, start + 2000)
        by = np.where(who[some, None] < 0, 1.0, effects[who[some]])
        parts.append(sp.csr_matrix(rng.poisson(depth[some, None] * mean * by).astype(np.float32)))
    of_cells = {
        "gene": ["non-targeting" if one < 0 else names[one] for one in who],
        "batch": [f"b{number}" for number in rng.integers(0, 2, cells)],
    }
    truth = {(names[p], names[g]) for p, g in zip(*np.nonzero(effects != 1), strict=True)}
    return World(sp.vstack(parts, format="csr"), of_cells, truth)


def written(path: Path, world: World, *, matrix: Any = None, **more: Any) -> Path:
    """Write a world as AnnData, with another matrix in place of its counts where there is one."""
    pandas = pytest.importorskip("pandas")
    cells, genes = world.counts.shape
    data = anndata.AnnData(
        world.counts if matrix is None else matrix,
        obs=pandas.DataFrame(world.cells, index=[f"c{number}" for number in range(cells)]),
        var=pandas.DataFrame(index=[f"G{number:04}" for number in range(genes)]),
        **more,
    )
    data.write_h5ad(path)
    return path


def labelled(path: Path, **request: Any) -> tuple[LabelManifest, pl.DataFrame]:
    """Return the manifest and the table of labels of a file."""
    output = path.with_name("labels.csv")
    manifest = label_files([path], LabelRequest(**(SIMPLE | request)), output, tell=lambda *_: None)
    return manifest, pl.read_csv(output)


def test_planted_effects_are_found_at_the_stated_error_rate(tmp_path: Path) -> None:
    made = world()
    manifest, table = labelled(written(tmp_path / "cells.h5ad", made))
    called = set(table.filter(pl.col("label") != "none").select("perturbation", "gene").rows())
    others = {pair for pair in made.truth if pair[0] != pair[1]}
    assert len(called - made.truth) / len(called) < 0.1  # stated is .05; some 100 are called
    assert len(called & others) / len(others) > 0.8
    assert set(table["perturbation"]) == {f"G{number:04}" for number in range(PERTURBED)}
    assert (table["knockdown"] > 0.5).all()
    columns = {"perturbation": "gene", "control": "non-targeting", "expression": "mean of the controls"}
    assert manifest.files[0].columns == columns
    again, _ = label_again(manifest_path(tmp_path / "labels.csv"), None, tell=lambda *_: None)
    assert again.sha256 == manifest.sha256


def test_p_values_are_those_of_scanpy_with_ties_and_calls_those_of_pdex(tmp_path: Path) -> None:
    scanpy, pdex = pytest.importorskip("scanpy"), pytest.importorskip("pdex")
    from core_harness.data.labels.cells.comparing import compare_cells

    made = world(1500, perturbed=4, genes=80)
    path = written(tmp_path / "cells.h5ad", made)
    compare_cells(path, Columns(), CellsRequest(), tmp_path, seed=0, tell=lambda *_: None)
    ours = pl.concat(map(pl.read_parquet, sorted(tmp_path.glob("*.parquet")))).drop_nulls("p_value")
    data = anndata.read_h5ad(path)
    scanpy.pp.normalize_total(data, target_sum=1e4)
    scanpy.pp.log1p(data)
    scanpy.tl.rank_genes_groups(data, "gene", reference="non-targeting", method="wilcoxon", tie_correct=True)
    theirs = pl.from_pandas(scanpy.get.rank_genes_groups_df(data, None).astype({"group": str}))
    theirs = theirs.rename({"group": "perturbation", "names": "gene"})
    both = ours.join(theirs, on=["perturbation", "gene"])
    assert both.height == ours.height
    for own, other, limit in (("p_value", "pvals", 1e-6), ("fdr", "pvals_adj", 1e-6)):
        assert (both[own] - both[other]).abs().max() < limit  # type: ignore[operator]
    assert (both["log2_fold_change"] - both["logfoldchanges"].cast(pl.Float64)).abs().max() < 1e-4  # type: ignore[operator]
    found = pdex.pdex(data, groupby="gene", is_log1p=True, threads=1)
    both = ours.join(found, left_on=["perturbation", "gene"], right_on=["target", "feature"], suffix="_pdex")
    called = both.select(pl.col("fdr", "fdr_pdex") <= 0.05)
    assert called.filter(fdr=pl.col("fdr_pdex")).height >= 0.999 * called.height


def test_logarithms_in_x_and_counts_in_a_layer_give_the_same_labels(tmp_path: Path) -> None:
    made = world(1500)
    counts = made.counts
    size = np.asarray(counts.sum(axis=1)).ravel() / np.float32(10_000)
    logs = counts.copy()
    logs.data = np.log1p(logs.data / np.repeat(size, np.diff(logs.indptr)))
    _, of_counts = labelled(written(tmp_path / "counts.h5ad", made))
    path = written(tmp_path / "logs.h5ad", made, matrix=logs.toarray(), layers={"counts": counts})
    _, of_logs = labelled(path)
    _, of_layer = labelled(path, cells=CellsRequest(layer="counts"))
    assert of_logs.equals(of_counts)
    assert of_layer.equals(of_counts)


def test_controls_are_matched_by_batch_and_cells_without_any_are_counted(tmp_path: Path) -> None:
    made = world(3000)
    # half of the genes have three times the expression in a batch that some perturbations are all of
    second = np.array([one == "b1" for one in made.cells["batch"]])
    confounded = np.array([name in {"G0001", "G0002", "G0003"} for name in made.cells["gene"]])
    batch = np.where(second & ~confounded | confounded, "b1", "b0")
    counts = made.counts.toarray()
    counts[np.ix_(batch == "b1", np.arange(100, 200))] *= 3
    cells = {"gene": made.cells["gene"], "batch": batch.tolist()}
    path = written(tmp_path / "cells.h5ad", World(sp.csr_matrix(counts), cells, set()))
    of_three = pl.col("perturbation").is_in(["G0001", "G0002", "G0003"]) & (pl.col("label") != "none")
    _, mixed = labelled(path)
    _, matched = labelled(path, cells=CellsRequest(batch="batch"))
    assert mixed.filter(of_three).height > 2 * matched.filter(of_three).height
    cells["batch"] = ["b2" if name == "G0005" else "b0" for name in made.cells["gene"]]
    path = written(tmp_path / "alone.h5ad", World(made.counts, cells, set()))
    manifest, table = labelled(path, cells=CellsRequest(batch="batch"))
    assert "G0005" not in set(table["perturbation"])
    assert any("cells of batches without controls left out" in note for note in manifest.notes)
    assert any("1 perturbations have too few cells" in note for note in manifest.notes)


def test_as_many_cells_of_each_perturbation_are_drawn_with_the_seed(tmp_path: Path) -> None:
    path = written(tmp_path / "cells.h5ad", world())
    request = {"cells": CellsRequest(equal=60)}
    _, table = labelled(path, **request)
    assert set(table["cells"]) == {60.0}
    assert table.equals(labelled(path, **request)[1])
    assert not table.equals(labelled(path, **request, seed=1)[1])


def test_tables_that_scanpy_and_pdex_write_of_the_same_cells_give_the_same_labels(tmp_path: Path) -> None:
    scanpy, pdex = pytest.importorskip("scanpy"), pytest.importorskip("pdex")
    path = written(tmp_path / "cells.h5ad", world(1500, perturbed=4, genes=80))
    _, ours = labelled(path)
    ours = ours.select("perturbation", "gene", "label")
    data = anndata.read_h5ad(path)
    scanpy.pp.normalize_total(data, target_sum=1e4)
    scanpy.pp.log1p(data)
    scanpy.tl.rank_genes_groups(data, "gene", reference="non-targeting", method="wilcoxon", tie_correct=True)
    scanpy.get.rank_genes_groups_df(data, None).to_csv(tmp_path / "scanpy.csv", index=False)
    pdex.pdex(data, groupby="gene", is_log1p=True, threads=1).write_parquet(tmp_path / "pdex.parquet")
    for name, tool in (("scanpy.csv", "scanpy"), ("pdex.parquet", "pdex")):
        manifest, theirs = labelled(tmp_path / name)
        assert manifest.files[0].tool == tool
        both = ours.join(theirs, on=["perturbation", "gene"], suffix="_of_tool")
        assert both.height == ours.height
        assert both.filter(pl.col("label") == pl.col("label_of_tool")).height >= 0.999 * both.height


@pytest.mark.parametrize(
    ("change", "message", "kind"),
    [
        (
            {"columns": {"perturbation": "guide"}},
            r"has no column 'guide' of cells \(columns of obs: gene",
            UsageError,
        ),
        ({"columns": {"gene": "symbol"}}, "has no column 'symbol' of genes", UsageError),
        ({"cells": {"control": "ntc"}}, "has no cells of the control 'ntc'; it has G0000", UsageError),
        ({"cells": {"layer": "raw"}}, r"has no layer 'raw' \(layers: none\)", UsageError),
        ({"cells": {"least": 2000}}, "no perturbation has 2000 cells and as many controls", DataError),
    ],
)
def test_what_is_not_there_is_one_line(
    tmp_path: Path, change: dict[str, Any], message: str, kind: type[HarnessError]
) -> None:
    path = written(tmp_path / "cells.h5ad", world(300, perturbed=3, genes=30))
    with pytest.raises(kind, match=message):
        labelled(path, **change)


def test_scaled_values_and_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    made = world(300, perturbed=3, genes=30)
    scaled = made.counts.toarray() - 1.0
    with pytest.raises(DataError, match="has expression below 0, as where it was scaled; say which --layer"):
        labelled(written(tmp_path / "scaled.h5ad", made, matrix=scaled))
    (tmp_path / "none.h5ad").write_text("perturbation,gene\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read as AnnData"):
        labelled(tmp_path / "none.h5ad")


def test_gaps_in_columns_of_cells_are_no_perturbations_and_genes_by_genes_are_refused(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    made = world(600, perturbed=3, genes=30)
    names = pandas.array(made.cells["gene"], dtype="string")
    names[:5] = pandas.NA
    cells = {"gene": names, "batch": made.cells["batch"]}
    manifest, _ = labelled(written(tmp_path / "gaps.h5ad", World(made.counts, cells, set())))
    assert any("5 cells without a perturbation left out" in note for note in manifest.notes)
    by_gene = written(tmp_path / "csc.h5ad", made, matrix=made.counts.tocsc())
    with pytest.raises(DataError, match="stored gene by gene"):
        labelled(by_gene)


def test_a_threshold_on_expression_holds_for_cells_where_it_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "cells.h5ad", world(1500))
    strict = {"thresholds": PRESETS["simple"].model_copy(update={"none_expression": 50.0})}
    manifest, all_of_them = labelled(path, **strict)
    assert any("the threshold on expression is not applied" in note for note in manifest.notes)
    _, expressed = labelled(path, **strict, columns=Columns(expression="controls"))
    assert expressed.filter(label="none").height < all_of_them.filter(label="none").height


def test_the_command_takes_files_of_cells(tmp_path: Path) -> None:
    path = written(tmp_path / "cells.h5ad", world(600, perturbed=4, genes=60))
    words = [
        "data",
        "label",
        str(path),
        "-o",
        str(tmp_path / "out.csv"),
        "--equal-cells",
        "50",
        "--preset",
        "simple",
    ]
    done = CliRunner().invoke(cli, [*words, "--control", "non-targeting", "--split", "perturbation=.25"])
    assert done.exit_code == 0, done.output
    assert "single cells (perturbation gene, control non-targeting, expression" in done.output
    assert set(pl.read_csv(tmp_path / "out.csv")["split"]) == {"train", "test"}
