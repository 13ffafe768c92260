"""Dataset ``l1000``: drugs, drawn into a split, with layers of their own."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from small_drugs import DRUGS, GENES, write_l1000

from core_harness import Graph, Layer
from core_harness.analysis.audit.near_duplicates import near_duplicates
from core_harness.data.tables import check_rows
from core_harness.errors import DataError, MissingDataError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.protocols import Dataset, ExtendsKnowledge
from core_harness.registry.loading import shipped_registry
from core_harness_plugins.datasets.l1000 import L1000


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with a small L1000 in it."""
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path))
    write_l1000(tmp_path)
    return tmp_path


def test_it_is_a_dataset_of_drugs(data: Path) -> None:
    dataset = L1000()
    assert isinstance(dataset, Dataset)
    assert isinstance(dataset, ExtendsKnowledge)
    assert dataset.agent == "drug"
    rows = check_rows(dataset.rows(), "l1000")
    assert rows.height == DRUGS * GENES
    assert rows["context"].unique().to_list() == ["consensus"]
    assert rows.filter(pl.col("perturbation") == "drug0", pl.col("label") == 1)["gene"].n_unique() > 2


def test_all_drugs_are_those_without_a_record_too(data: Path) -> None:
    assert L1000(drugs="all").rows()["perturbation"].n_unique() == DRUGS + 4


def test_the_split_is_by_drug_and_drawn_by_its_own_seed(data: Path) -> None:
    def train(**options: float) -> set[str]:
        rows = L1000(**options).rows()  # type: ignore[arg-type]
        assert rows.select("perturbation", "split").unique().height == DRUGS
        return set(rows.filter(split="train")["perturbation"])

    assert len(train()) == round(0.3 * DRUGS)
    assert len(train(train_share=0.8)) == round(0.8 * DRUGS)
    assert train() == train(split_seed=0) != train(split_seed=1)


def test_directions_are_signs_of_what_changed(data: Path) -> None:
    changed = L1000().rows().filter(label=1)
    signs = L1000(question="dir").rows()
    key = ["perturbation", "gene", "split"]
    assert signs.select(key).sort(key).equals(changed.select(key).sort(key))
    up = signs.filter(pl.col("perturbation") == "drug0")["label"]
    down = signs.filter(pl.col("perturbation") == "drug1")["label"]
    assert up.sum() == len(up)
    assert down.sum() == 0


def test_a_drug_reads_the_layers_of_the_genes_that_it_acts_on(data: Path) -> None:
    pathways = pl.DataFrame({"set": ["P", "P"], "gene": ["TARGET0", "GENE1"]})
    edges = pl.DataFrame({"a": ["TARGET0"], "b": ["TARGET1"], "weight": [0.5]})
    graph = Graph.of([Layer.sets("reactome", pathways), Layer.edges("string", edges)])
    layers = {layer.name: layer for layer in L1000().extend_knowledge(graph).layers}
    assert list(layers) == [
        "reactome", "string", "drug-targets", "drug-mechanisms", "drug-pathways", "drug-network",
    ]  # fmt: skip
    assert "drug0" in layers["drug-pathways"].frame["gene"]
    targets = layers["drug-targets"].frame.filter(pl.col("gene") == "drug0")
    assert targets["set"].to_list() == ["SHARED", "TARGET0"]


def test_related_drugs_tell_what_a_drug_does(data: Path) -> None:
    from core_harness.evaluation import pipeline

    registry = shipped_registry().model_copy(update={"layer": ()})
    graph = Graph.of([Layer.edges("string", pl.DataFrame({"a": ["GENE1"], "b": ["GENE2"], "weight": [0.5]}))])
    session = Session(registry, resamples=20)
    session._graphs[""] = graph  # the shared one, which a data folder without kg/ lacks
    spec = RunSpec(dataset="l1000", strategies=("voting",))
    result = pipeline.run_method(session, session.methods(spec)[0], spec)
    value = result.report.metrics["macro_gene_auroc"].value
    assert value is not None
    assert value > 0.8


def test_a_prompt_speaks_of_a_drug_and_of_what_it_acts_on(data: Path) -> None:
    from core_harness import Facts
    from core_harness.prompts import Layout, load_template, pair_prompts
    from core_harness.schemas import PAIRS, Task
    from core_harness.vocabulary import Regime

    regime: Regime = "unseen-perturbation"
    task = Task(dataset="l1000", question="de", agent="drug", regime=regime, seed=0, simulated=False)
    links = pl.DataFrame({"a": ["GENE1"], "b": ["GENE2"], "weight": [0.5]})
    facts = Facts.of(L1000().extend_knowledge(Graph.of([Layer.edges("string", links)])))
    pair = pl.DataFrame([(0, "consensus", "drug1", "GENE1")], schema=dict(PAIRS), orient="row")
    template, layout = load_template("isolated"), Layout(facts=3)
    prompts = pair_prompts(template, task, pair, None, facts=facts, layout=layout)
    text = prompts["user"][0]
    assert "treatment with drug1" in text
    assert "knockdown" not in text
    for fact in ("acts on TARGET1", "acts as class 1 inhibitor", "linked to GENE2"):
        assert fact in text


def test_a_missing_file_is_one_line_that_says_where_it_comes_from(data: Path, tmp_path: Path) -> None:
    (data / "drugs" / "drug_annotations.tsv").unlink()
    with pytest.raises(
        MissingDataError, match=r"drug_annotations\.tsv is not on this machine .*docs/drugs\.md"
    ) as error:
        L1000().rows()
    assert "\n" not in str(error.value)


def test_what_is_no_z_score_is_one_line(data: Path) -> None:
    import gzip

    path = data / "drugs" / "l1000_consensus_z.tsv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    first = lines[1].split("\t")
    lines[1] = "\t".join([first[0], "lots", *first[2:]])
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(DataError, match="'lots' of drug0 is no z-score"):
        L1000().rows()


def test_near_duplicates_are_counted_by_what_makes_them_one() -> None:
    drugs = ["Imatinib", "imatinib mesylate", "a", "b", "c", "d"]
    splits = ["train", "test", "train", "test", "train", "test"]
    rows = pl.DataFrame({"context": "x", "perturbation": drugs, "split": splits})
    layers = [
        Layer.sets("drug-targets", pl.DataFrame({"set": ["T", "T", "U"], "gene": ["a", "b", "a"]})),
        Layer.sets("drug-mechanisms", pl.DataFrame({"set": ["M", "M"], "gene": ["c", "d"]})),
        Layer.edges("drug-structure", pl.DataFrame({"a": ["a", "c"], "b": ["b", "d"], "weight": [1.0, 0.9]})),
    ]
    found = near_duplicates(rows, layers)
    assert (found.by_name, found.by_record, found.by_edge) == (1, 1, 1)  # a has a target more than b
    assert found.examples[0] == "test imatinib mesylate and train Imatinib are the same but for salt or case"
    assert near_duplicates(rows, []).by_name == 1
