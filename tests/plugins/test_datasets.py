"""The built-in datasets: files as people have them, and a generated world that holds what it promises."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from core_harness import Evidence, Task
from core_harness.data.splits import blocks, split_rows
from core_harness.data.tables import check_rows
from core_harness.errors import DataError, MissingDataError, UsageError
from core_harness.llm.answers import ANSWERS
from core_harness.plugins.protocols import Aggregator, BringsKnowledge, Dataset
from core_harness.schemas import ROWS, check
from core_harness_plugins.aggregators.gene_frequency import GeneFrequency
from core_harness_plugins.aggregators.vote import Vote
from core_harness_plugins.datasets.genetak import GeneTAK
from core_harness_plugins.datasets.l1000 import L1000
from core_harness_plugins.datasets.perturbqa import PerturbQA
from core_harness_plugins.datasets.simulated import Simulated
from core_harness_plugins.datasets.table import Table
from core_harness_plugins.retrievers.kg import KnowledgeGraph

ROWS_OF_A_FILE = "pert,gene,label,split\nA,X,1,train\nB,X,0,test\n"

TASK = Task(
    dataset="simulated",
    question="de",
    agent="knockdown",
    regime="unseen-perturbation",
    seed=0,
    simulated=True,
)
NO_ANSWERS = pl.DataFrame(schema=dict(ANSWERS))


@pytest.mark.parametrize(
    "dataset", [PerturbQA(), Table(), Simulated(), L1000(), GeneTAK()], ids=lambda d: type(d).__name__
)
def test_every_dataset_fits_the_door(dataset: object) -> None:
    assert isinstance(dataset, Dataset)
    assert isinstance(dataset, BringsKnowledge) == isinstance(dataset, Simulated)


# ---------------------------------------------------------------- PerturbQA


@pytest.mark.parametrize(
    ("line", "context"),
    [("k562", "K562"), ("rpe1", "RPE1"), ("hepg2", "HepG2"), ("jurkat", "Jurkat"), ("k562_set", "K562")],
)
@pytest.mark.parametrize("question", ["de", "dir"])
def test_perturbqa_reads_its_file(
    line: Any, context: str, question: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path))
    (tmp_path / "perturbqa").mkdir()
    (tmp_path / "perturbqa" / f"{line}-{question}.csv").write_text(ROWS_OF_A_FILE)
    dataset = PerturbQA(line=line, question=question)
    assert dataset.rows().rows() == [(context, "A", "X", 1, "train", 2), (context, "B", "X", 0, "test", 3)]
    assert (dataset.question, dataset.agent, dataset.simulated) == (question, "knockdown", False)


def test_perturbqa_that_is_not_here_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(MissingDataError) as caught:
        PerturbQA(line="rpe1", question="dir").rows()
    assert str(tmp_path / "nowhere" / "perturbqa" / "rpe1-dir.csv") in str(caught.value)
    assert "`core-harness data pull perturbqa` gets it" in str(caught.value)
    assert "set CORE_HARNESS_DATA to the folder that holds perturbqa/" in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_names_of_gene_sets_are_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path))
    (tmp_path / "perturbqa").mkdir()
    name = "10-unfolded protein response, mTORC1 signaling"
    (tmp_path / "perturbqa" / "k562_set-de.csv").write_text(ROWS_OF_A_FILE.replace(",X,", f',"{name}",'))
    assert PerturbQA(line="k562_set").rows()["gene"].unique().to_list() == [name]


# ---------------------------------------------------------------- Table


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.tsv.gz", "t.parquet"])
def test_one_table_in_any_format_is_the_same_dataset(name: str, tmp_path: Path) -> None:
    rows = [("c2", "A", "NA", 1, "train"), ("c1", "B", "MARCH1", 0, "test"), ("c1", "A", "1E5", 1, "train")]
    frame = pl.DataFrame(rows, schema=dict(ROWS), orient="row")
    path = tmp_path / name
    if name == "t.parquet":
        frame.write_parquet(path)
    else:
        content = frame.write_csv(separator="," if "csv" in name else "\t").encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert Table(path=str(path)).rows().select(*ROWS).rows() == sorted(rows)


def test_a_table_has_its_parameters_and_a_default_context(tmp_path: Path) -> None:
    path = tmp_path / "drugs.csv"
    path.write_text(ROWS_OF_A_FILE)
    table = Table(path=str(path), question="dir", agent="drug")
    assert (table.question, table.agent, table.simulated) == ("dir", "drug", False)
    assert table.rows()["context"].unique().to_list() == ["unspecified"]


def test_a_table_of_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "t.csv").write_text(ROWS_OF_A_FILE)
    assert Table(path="~/t.csv").rows().height == 2


def test_a_table_without_a_path() -> None:
    with pytest.raises(UsageError, match="dataset 'table' needs a file: --dataset table:PATH"):
        Table().rows()


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="is not there"):
        Table(path=str(tmp_path / "t.csv")).rows()


# ---------------------------------------------------------------- Simulated


def macro_gene_auroc(aggregator: Aggregator, **knobs: Any) -> tuple[float, float]:
    """Return macro-per-gene and pooled AUROC of an aggregator behind the knowledge graph of a world."""
    world = Simulated(**knobs)
    split = split_rows(check_rows(world.rows(), "simulated"))
    retriever = KnowledgeGraph()
    retriever.use(world.knowledge())
    scored = pl.concat(
        aggregator.predict(TASK, Evidence(block, retriever.relate(TASK, block)), NO_ANSWERS)
        for block in blocks(split.queries, split.support)
    )
    scored = scored.join(split.queries, on="pair_id").join(split.truth, on="pair_id")
    genes = [g for _, g in scored.group_by("gene") if g["label"].n_unique() == 2]
    per_gene = [roc_auc_score(g["label"], g["score"]) for g in genes]
    return float(np.mean(per_gene)), float(roc_auc_score(scored["label"], scored["score"]))


@pytest.mark.parametrize("seed", range(3))
def test_gene_frequency_is_strong_pooled_and_at_chance_per_gene(seed: int) -> None:
    per_gene, pooled = macro_gene_auroc(GeneFrequency(), seed=seed)
    assert per_gene == 0.5
    assert 0.85 < pooled < 0.95


@pytest.mark.slow
def test_voting_finds_what_gene_frequency_cannot() -> None:
    per_gene, pooled = np.mean([macro_gene_auroc(Vote(), seed=seed) for seed in range(3)], axis=0)
    assert 0.7 < per_gene < 0.8
    assert pooled > np.mean([macro_gene_auroc(GeneFrequency(), seed=seed)[1] for seed in range(3)])


@pytest.mark.slow
@pytest.mark.parametrize("knobs", [{"signal": 0.0}, {"noise": 1.0}], ids=["no signal", "nothing but noise"])
def test_voting_is_at_chance_where_there_is_nothing_to_find(knobs: dict[str, float]) -> None:
    figures = [macro_gene_auroc(Vote(), seed=seed, **knobs)[0] for seed in range(8)]
    assert abs(np.mean(figures) - 0.5) < 0.025


def test_a_world_without_noise_and_chance_is_known() -> None:
    assert macro_gene_auroc(Vote(), signal=1.0, noise=0.0)[0] > 0.99


def bytes_of(**knobs: Any) -> tuple[bytes, bytes, str]:
    world = Simulated(**knobs)
    graph = world.knowledge()
    layers = b"".join(layer.frame.write_csv().encode() for layer in graph.layers)
    return world.rows().write_csv().encode(), layers, graph.digest


def test_one_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    assert bytes_of(seed=3) == bytes_of(seed=3)
    assert all(a != b for a, b in zip(bytes_of(seed=3), bytes_of(seed=4), strict=True))


def test_knobs_turn_one_thing_alone() -> None:
    rows, layers, _ = bytes_of()
    assert bytes_of(noise=0.9)[0] == rows
    assert bytes_of(noise=0.9)[1] != layers
    for knob in ("signal", "sparsity"):
        assert bytes_of(**{knob: 0.9})[1] == layers
        assert bytes_of(**{knob: 0.9})[0] != rows


def test_base_rates_do_not_depend_on_the_signal() -> None:
    weak, strong = (
        Simulated(signal=signal, modules=300, sparsity=0).rows().group_by("gene").agg(pl.col("label").mean())
        for signal in (0.0, 1.0)
    )
    both = weak.join(strong, on="gene")
    assert np.abs(both["label"].to_numpy() - both["label_right"].to_numpy()).max() < 0.12


def test_simulated_directions_are_those_of_the_moved_pairs() -> None:
    world, where = Simulated(), Simulated(question="dir")
    names = ["context", "perturbation", "gene", "split"]
    moved = world.rows().filter(label=1).select(names)
    rows = where.rows()
    assert rows.select(names).equals(moved)
    assert 0.3 < rows["label"].cast(pl.Float64).mean() < 0.7  # type: ignore[operator]
    assert where.knowledge().digest == world.knowledge().digest


def test_simulated_rows_are_checked_rows() -> None:
    rows = Simulated().rows()
    assert check(rows, ROWS, "simulated").equals(rows)
    assert check_rows(rows, "simulated").equals(rows)
    assert rows["context"].unique().to_list() == ["simulated"]
    assert rows.select(pl.col("perturbation", "gene").str.starts_with("SIM").all()).row(0) == (True, True)
    assert rows.filter(pl.col("split") == "test")["perturbation"].n_unique() == 60
    assert rows["perturbation"].n_unique() == 300
    assert rows["gene"].n_unique() == 160
    assert abs(rows.height / (300 * 160) - 0.5) < 0.02


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_simulated_layers_have_the_shape_of_layers(noise: float) -> None:
    sets, edges = Simulated(noise=noise).knowledge().layers
    assert (sets.name, sets.kind, edges.name, edges.kind) == ("modules", "sets", "interactions", "edges")
    perturbations = Simulated().rows()["perturbation"].unique().implode()
    assert sets.frame.equals(sets.frame.unique().sort("set", "gene"))
    assert sets.frame["gene"].is_in(perturbations).all()
    assert (sets.frame.group_by("gene").len()["len"] > 2).any()
    assert edges.frame.equals(edges.frame.unique(["a", "b"]).sort("a", "b"))
    assert (edges.frame["a"] < edges.frame["b"]).all()
    assert edges.frame["weight"].is_between(0, 1, closed="right").all()
    assert edges.frame.height > 600  # 20 modules of 15, .3 of whose 105 pairs interact


def test_names_of_a_large_world_sort_as_their_numbers() -> None:
    rows = Simulated(perturbations=1200, genes=2, sparsity=0).rows()
    assert rows["perturbation"].unique().sort()[-1] == "SIMP1200"
    assert check_rows(rows, "simulated").equals(rows)


@pytest.mark.parametrize("modules", [1, 10])
def test_the_smallest_world(modules: int) -> None:
    world = Simulated(perturbations=10, genes=1, modules=modules, sparsity=0)
    assert check_rows(world.rows(), "simulated").height == 10
    assert [layer.name for layer in world.knowledge().layers] == ["modules", "interactions"]


def test_a_world_in_which_nothing_is_measured_is_refused_as_data() -> None:
    with pytest.raises(DataError, match="simulated: the train split is empty"):
        check_rows(Simulated(sparsity=1.0).rows(), "simulated")


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"perturbations": 9}, "perturbations is 9; it must be at least 10"),
        ({"genes": 0}, "genes is 0; it must be at least 1"),
        ({"modules": 0}, "modules is 0; it must be between 1 and 300"),
        ({"modules": 301}, "modules is 301; it must be between 1 and 300"),
        ({"signal": -0.1}, "signal is -0.1; it must be between 0 and 1"),
        ({"signal": float("nan")}, "signal is nan; it must be between 0 and 1"),
        ({"noise": 1.1}, "noise is 1.1; it must be between 0 and 1"),
        ({"sparsity": 2}, "sparsity is 2; it must be between 0 and 1"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        (
            {"perturbations": 10**9},
            "1,000,000,000 perturbations x 160 genes are too many; at most 50,000,000 pairs",
        ),
    ],
    ids=str,
)
def test_knobs_out_of_range(knobs: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Simulated(**knobs)
    assert str(caught.value) == f"dataset 'simulated': {says}"
