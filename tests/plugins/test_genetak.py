"""Dataset ``genetak``: a folder in the layout of VCWorld."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from core_harness import Facts, Graph, Layer
from core_harness.data.tables import check_rows
from core_harness.errors import DataError, HarnessError, MissingDataError, UsageError
from core_harness.runs.masking import masked_dataset
from core_harness_plugins.datasets.genetak import GeneTAK

SHARED = Graph.of([Layer.edges("string", pl.DataFrame({"a": ["G1"], "b": ["G2"], "weight": [0.5]}))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two lines, one of which has no directions."""
    for name, rows in {
        "C32_DE": "Imatinib,G1,1,train\nDasatinib,G1,0,test\n",
        "C32_DIR": "Imatinib,G1,0,train\nDasatinib,G2,1,test\n",
        "HOP62_DE": "Dasatinib,G1,1,train\nImatinib,G1,,train\nAspirin,G2,0,test\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(f"pert,gene,label,split\n{rows}")
    return tmp_path


def write(path: Path, content: object) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_the_line_is_the_context(folder: Path) -> None:
    dataset = GeneTAK(path=str(folder))
    rows = check_rows(dataset.rows(), "genetak")
    assert rows.select("context", "perturbation", "gene", "label", "split").rows() == [
        ("C32", "Dasatinib", "G1", 0, "test"),
        ("C32", "Imatinib", "G1", 1, "train"),
        ("HOP62", "Aspirin", "G2", 0, "test"),
        ("HOP62", "Dasatinib", "G1", 1, "train"),
    ]
    assert dataset.notes == ("HOP62: 1 without a label left out, e.g. row 3",)
    directions = GeneTAK(path=str(folder), question="dir").rows()
    assert directions["context"].unique().to_list() == ["C32"]


@pytest.mark.parametrize(
    "similar",
    [
        {"imatinib mesylate": {"DASATINIB": 0.8, "nilotinib": 0.9}},
        {"imatinib mesylate": {"Sprycel": 0.8}, "dasatinib": {"Imatinib": 0.3}},
    ],
)
def test_similar_drugs_are_found_under_their_other_names(
    similar: object, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "names.csv").write_text("alias,name\nSprycel,dasatinib\n")
    similarity = write(folder / "similar.json", similar)
    dataset = GeneTAK(path=str(folder), similarity_file=similarity, synonyms_file=str(folder / "names.csv"))
    layer = dataset.extend_knowledge(SHARED).layers[-1]
    assert layer.frame.rows() == [("Dasatinib", "Imatinib", 0.8)]
    assert capsys.readouterr().err == ""


def test_a_list_of_others_is_similarity_too_and_strange_names_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    similarity = write(folder / "similar.json", {"Imatinib": ["Aspirin"], "unheard of": ["Imatinib"]})
    graph = GeneTAK(path=str(folder), similarity_file=similarity).extend_knowledge(SHARED)
    assert graph.layers[-1].frame.rows() == [("Aspirin", "Imatinib", 1.0)]
    assert [layer.relates for layer in graph.layers] == [False, True]
    assert capsys.readouterr().err == (
        "similar.json: 1 of 2 names are no drug of the tables, e.g. 'unheard of'\n"
    )


def test_descriptions_are_facts_and_relate_nothing(folder: Path) -> None:
    similarity = write(folder / "similar.json", {"Imatinib": ["Aspirin"]})
    described = write(folder / "about.json", {"IMATINIB": "Inhibits BCR-ABL,\n and KIT.", "Aspirin": " "})
    graph = GeneTAK(
        path=str(folder), similarity_file=similarity, description_file=described
    ).extend_knowledge(SHARED)
    assert not graph.layers[-1].relates
    assert Facts.of(graph).about("Imatinib", 5) == [
        "similar to Aspirin", "described as: Inhibits BCR-ABL, and KIT.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("{", DataError, "is no JSON file"),
        ("[1]", DataError, "is no object of names"),
        ('{"Imatinib": {"Aspirin": 7}}', DataError, "weights from 0 to 1"),
        ('{"Imatinib": [1]}', DataError, "neither a list of names nor"),
        ('{"Imatinib": "Aspirin"}', DataError, "neither a list of names nor"),
        (None, MissingDataError, "is not there"),
    ],
)
def test_an_odd_similarity_file_is_one_line(
    content: str | None, error: type[HarnessError], said: str, folder: Path
) -> None:
    path = folder / "similar.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match=said) as raised:
        GeneTAK(path=str(folder), similarity_file=str(path)).extend_knowledge(SHARED)
    assert "\n" not in str(raised.value)


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--dataset genetak:FOLDER"):
        GeneTAK().rows()
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match=r"holds no table LINE_DE\.csv"):
        GeneTAK(path=str(tmp_path / "empty")).rows()
    with pytest.raises(UsageError, match=r"dataset\.similarity_file=FILE"):
        GeneTAK(path=str(folder)).extend_knowledge(SHARED)


def test_a_record_that_leaves_the_machine_has_no_folder() -> None:
    assert masked_dataset("genetak:/home/me/drugs") == "genetak:drugs"
    assert masked_dataset("perturbqa/k562") == "perturbqa/k562"
