"""Labels of three kinds are two questions, and a table without a split gets one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.tables import read_rows
from core_harness.errors import HarnessError

KINDS = {"up": 1, "down": -1, "none": 0}
kinds = st.sampled_from(["up", "down", "none", "ambiguous"])
pairs = st.dictionaries(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("VWXYZ")), kinds, min_size=1)
ENOUGH = {("A", "Q"): "up", ("B", "Q"): "none", ("C", "Q"): "down", ("D", "Q"): "up", ("E", "Q"): "up"}


def written(path: Path, labelled: Mapping[tuple[str, str], object], **others: object) -> Path:
    rows = [(*pair, label) for pair, label in labelled.items()]
    frame = pl.DataFrame(rows, schema=["pert", "gene", "label"], orient="row")
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in others.items())
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
    return path


@given(pairs)
def test_the_two_questions_divide_the_pairs_and_share_their_split(
    tmp_path_factory: pytest.TempPathFactory, labelled: dict[tuple[str, str], str]
) -> None:
    labelled = labelled | ENOUGH
    path = written(tmp_path_factory.mktemp("t") / "t.csv", labelled)
    drawn = {"context": "c", "split": "perturbation=.5"}
    de = read_rows(path, question="de", **drawn)  # type: ignore[arg-type]
    try:
        where = read_rows(path, question="dir", **drawn)  # type: ignore[arg-type]
    except HarnessError as error:  # one of the splits may have no pair that changes
        assert "split is empty" in str(error)  # noqa: PT017
        return
    changes = {pair: label for pair, label in labelled.items() if label in {"up", "down"}}
    asked = {(row["perturbation"], row["gene"]): row["label"] for row in de.rows.iter_rows(named=True)}
    assert asked == {pair: int(pair in changes) for pair, label in labelled.items() if label != "ambiguous"}
    told = {(row["perturbation"], row["gene"]): row["label"] for row in where.rows.iter_rows(named=True)}
    assert told == {pair: int(label == "up") for pair, label in changes.items()}
    keys = ["perturbation", "gene", "split"]
    assert where.rows.join(de.rows, on=keys, how="anti").is_empty()
    ambiguous = sum(label == "ambiguous" for label in labelled.values())
    assert (f"{ambiguous:,} ambiguous left out" in de.notes) == (ambiguous > 0)
    assert de.three_way
    assert where.three_way


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("form", [int, float, str], ids=["whole", "decimals", "text"])
def test_numbers_are_the_same_labels(name: str, form: type, tmp_path: Path) -> None:
    words = read_rows(written(tmp_path / "w.csv", ENOUGH), context="c", split="perturbation=.5").rows
    numbers = {pair: form(KINDS[label]) for pair, label in ENOUGH.items()}
    path = written(tmp_path / name, numbers)
    assert read_rows(path, context="c", split="perturbation=.5").rows.drop("row").equals(words.drop("row"))


def test_labels_of_two_kinds_are_as_they_were(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", {("A", "X"): 1, ("B", "X"): 0})
    for question in ("de", "dir"):
        read = read_rows(path, context="c", question=question, split="perturbation=.5")
        assert read.rows["label"].to_list() == [1, 0]
        assert not read.three_way


def test_seeds_and_contexts_divide_otherwise(tmp_path: Path) -> None:
    labelled = {(f"P{number}", "X"): "up" if number % 2 else "none" for number in range(40)}
    path = written(tmp_path / "t.csv", labelled)
    first, other = (
        read_rows(path, context="c", split="perturbation=.25", split_seed=seed).rows for seed in (0, 1)
    )
    assert first.filter(split="test").height == other.filter(split="test").height == 10
    assert not first.equals(other)
    frame = pl.concat(pl.read_csv(path).with_columns(context=pl.lit(name)) for name in ("a", "b"))
    frame.write_csv(path)
    both = read_rows(path, context="c", split="perturbation=.25").rows
    assert both.group_by("perturbation").agg(pl.col("split").n_unique())["split"].max() == 1
    apart = read_rows(path, context="c", split="context=.5").rows
    assert apart.group_by("context").agg(pl.col("split").n_unique())["split"].max() == 1


def test_two_axes_leave_mixed_rows_out(tmp_path: Path) -> None:
    labelled = {(p, g): "up" if (p, g) < ("C", "X") else "none" for p in "ABCD" for g in "VWXY"}
    read = read_rows(written(tmp_path / "t.csv", labelled), context="c", split="perturbation+gene=.5")
    assert read.rows.height == 8
    assert "8 in neither split left out" in read.notes[0]


@pytest.mark.parametrize(
    ("labelled", "choices", "message"),
    [
        (ENOUGH, {}, r"no column 'split' .*; to have one drawn, say --split perturbation=\.25"),
        (ENOUGH, {"split": "pert=1"}, "is not AXIS=SHARE"),
        (
            ENOUGH | {("A", "Z"): "sideways"},
            {"split": "perturbation=.5"},
            "'sideways' is not one of up, down",
        ),
        (ENOUGH | {("A", "Z"): "2"}, {"split": "perturbation=.5"}, "'2' is not one of up, down, none, ambig"),
        ({("A", "X"): -1, ("B", "X"): 5}, {"split": "perturbation=.5"}, "'5' is not one of 1, "),
        (
            {("A", "X"): "up", ("B", "X"): "down"},
            {"split": "perturbation=.5"},
            "only be asked for directions",
        ),
        (
            {("A", "X"): "none", ("B", "X"): "none"},
            {"split": "perturbation=.5", "question": "dir"},
            "no row that changes",
        ),
        ({("A", "X"): "up", ("A", "Y"): "none"}, {"split": "perturbation=.5"}, "one perturbation only"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    labelled: Mapping[tuple[str, str], object], choices: dict[str, str], message: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "t.csv", labelled)
    with pytest.raises(HarnessError, match=message):
        read_rows(path, context="c", **choices)  # type: ignore[arg-type]


def test_a_split_of_its_own_is_not_replaced(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", ENOUGH, split="train")
    with pytest.raises(HarnessError, match="has a split of its own; leave --split out"):
        read_rows(path, context="c", split="perturbation=.5")
