"""Rows of a dataset are checked, sorted and written once each."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from data.bad_tables import parquet, text
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.tables import check_rows, read_rows
from core_harness.errors import DataError
from core_harness.schemas import ROWS

name_of = st.sampled_from(["NA", "MARCH1", "1E5", "TP53", "a b", "β-actin", "HLA-DRA"])


@st.composite
def measured(draw: st.DrawFn) -> pl.DataFrame:
    """Return good rows in any order, with pairs of the perturbed gene and repetitions among them."""
    split_of = draw(
        st.dictionaries(st.tuples(st.sampled_from(["c1", "c2"]), name_of), st.sampled_from(["train", "test"]))
    )
    pairs = {(*unit, gene): split for unit, split in split_of.items() for gene in draw(st.sets(name_of))}
    pairs |= {("c1", "only-train", "TP53"): "train", ("c1", "only-test", "TP53"): "test"}
    rows = [(*pair, draw(st.integers(0, 1)), split) for pair, split in pairs.items()]
    rows += draw(st.lists(st.sampled_from(rows), max_size=3))
    return pl.DataFrame(draw(st.permutations(rows)), schema=dict(ROWS), orient="row")


@given(measured())
def test_good_rows_pass_in_order_each_once(rows: pl.DataFrame) -> None:
    expected = sorted({row for row in rows.rows() if row[1] != row[2]})
    checked = check_rows(rows, "w")
    assert checked.rows() == expected
    assert checked.schema == ROWS
    assert check_rows(checked, "w").equals(checked)


@given(measured(), st.sampled_from(["t.csv", "t.parquet"]), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, rows: pl.DataFrame, name: str, random: object
) -> None:
    path = tmp_path_factory.mktemp("t") / name
    read = []
    for order in (rows, rows.sample(fraction=1, shuffle=True, seed=random.getrandbits(32))):  # type: ignore[attr-defined]
        order.write_csv(path) if name == "t.csv" else order.write_parquet(path)
        read.append(read_rows(path, context="unused").rows)
    assert read[0].drop("row").equals(read[1].drop("row"))
    assert read[0].drop("row").equals(check_rows(rows, "w"))


def test_rows_name_their_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text("A,X,1,train", " C , Y ,1.0, train ", "C,Z,0.0,train"))
    assert read_rows(path, context="c").rows.rows() == [
        ("c", "A", "X", 1, "train", 2),
        ("c", "B", "X", 0, "test", 3),
        ("c", "C", "Y", 1, "train", 5),
        ("c", "C", "Z", 0, "train", 6),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"label": [True, False]},
        {"label": [1.0, 0.0]},
        {"label": pl.Series([1, 0], dtype=pl.Decimal(5, 2))},
        {"label": ["1", "0.0"]},
        {"pert": None, "perturbation": ["A", "B"]},
        {
            "pert": pl.Series(["A", "B"], dtype=pl.Categorical),
            "split": pl.Series(["train", "test"], dtype=pl.Enum(["test", "train"])),
        },
    ],
    ids=["bool", "float", "decimal", "text", "perturbation", "categories"],
)
def test_columns_of_parquet_in_other_types(columns: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(parquet(**columns))
    assert read_rows(path, context="c").rows.drop("row").rows() == [
        ("c", "A", "X", 1, "train"),
        ("c", "B", "X", 0, "test"),
    ]


PLAIN = [("A", "X", 1, "train"), ("B", "X", 0, "test")]


@pytest.mark.parametrize(
    ("name", "content", "notes"),
    [
        ("t.csv", "Perturbation,GENE,Label,Split\nA,X,1,train\nB,X,0,test\n", ()),
        ("t.csv", "pert,gene,label,split\nA,X,TRUE,Train\nB,X,False,TEST\n", ()),
        ("t.csv", "pert;gene;label;split\nA;X;1;train\nB;X;0;test\n", ()),
        ("t.csv", "pert\tgene\tlabel\tsplit\nA\tX\t1\ttrain\nB\tX\t0\ttest\n", ()),
        ("t.tsv", "pert,gene,label,split\nA,X,1,train\nB,X,0,test\n", ()),
        (
            "t.csv",
            "pert,gene,label,split\nA,X,1,train\nB,X,0,test\n,,,\n , ,,\n",
            ("2 blank rows were left out",),
        ),
        (
            "t.csv",
            "pert,gene,label,split\nA,X,1,train\nC,X,NA,train\nB,X,0,test\nD,X,,test\n",
            ("2 without a label left out, e.g. row 3",),
        ),
        ("t.csv", "pert,gene,label,split,cell_line\nA,X,1,train,K\nB,X,0,test,K\n", ()),
    ],
    ids=["case of header", "words", "semicolons", "tabs", "commas", "blank rows", "no label", "one line"],
)
def test_tables_as_people_keep_them(name: str, content: str, notes: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    read = read_rows(tmp_path / name, context="c")
    assert read.rows.drop("row", "context").rows() == PLAIN
    assert read.notes == notes


def test_labels_that_are_missing_in_numbers_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"pert": ["A", "B", "C"], "gene": ["X"] * 3, "split": ["train", "test", "test"]}
    for gap in (None, float("nan")):
        pl.DataFrame(columns | {"label": [1.0, 0.0, gap]}).write_parquet(path)
        read = read_rows(path, context="c")
        assert read.rows.height == 2
        assert read.notes == ("1 without a label left out, e.g. row 3",)


def test_contexts_in_a_column_of_another_name_are_not_merged(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("pert,gene,label,split,Cell_Line\nA,X,1,train,K562\nA,X,0,train,HepG2\nB,X,0,test,K562\n")
    with pytest.raises(
        DataError, match=r"column 'Cell_Line' has 2 values .* dataset.context_column=Cell_Line"
    ):
        read_rows(path, context="c")
    read = read_rows(path, context="c", context_column="Cell_Line").rows
    assert read["context"].to_list() == ["HepG2", "K562", "K562"]


def test_identifiers_in_whole_numbers_are_names(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(parquet(gene=[7157, 7157]))
    assert read_rows(path, context="c").rows["gene"].to_list() == ["7157", "7157"]


def test_a_perturbation_may_be_in_another_split_of_another_context() -> None:
    rows = [("a", "P", "X", 1, "train"), ("b", "P", "X", 1, "test")]
    assert check_rows(pl.DataFrame(rows, schema=dict(ROWS), orient="row"), "w").rows() == rows


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            ("c", "A", "X", 0, "train"),
            "^w: 'A' and 'X' in context 'c' have label ., but . elsewhere; keep one",
        ),
        (
            ("c", "A", "Y", 0, "test"),
            "^w: perturbation 'A' of context 'c' is in split '.*', but in '.*' elsewhere;",
        ),
        (("c", "C", None, 0, "test"), "^w: no gene;"),
        (("c", "C", "Y", None, "test"), "^w: label None is not 0 or 1$"),
        (("c", "C", "Y", 7, "test"), "^w: label 7 is not 0 or 1$"),
    ],
)
def test_rows_without_a_place(row: tuple[object, ...], says: str) -> None:
    rows = [("c", "A", "X", 1, "train"), ("c", "B", "X", 1, "test"), row]
    with pytest.raises(DataError, match=says):
        check_rows(pl.DataFrame(rows, schema=dict(ROWS), orient="row"), "w")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (
            [("A", "X", 0, "train")],
            "w, row 4: 'A' and 'X' in context 'c' have label 0, but 1 in row 2; keep one of the two",
        ),
        (
            [("C", "X", 3, "train"), ("D", "X", 4, "train")],
            "w, row 4: label 3 is not 0 or 1 (and 1 more like it)",
        ),
    ],
    ids=["other label", "labels"],
)
def test_the_same_is_said_in_whatever_order_rows_come(bad: list[tuple[object, ...]], says: str) -> None:
    pairs = [("A", "X", 1, "train"), ("B", "X", 1, "test"), *bad]
    rows = [("c", *pair, row) for row, pair in enumerate(pairs, 2)]
    for order in (rows, rows[::-1]):
        with pytest.raises(DataError) as caught:
            check_rows(pl.DataFrame(order, schema={**ROWS, "row": pl.UInt32}, orient="row"), "w")
        assert str(caught.value) == says


def test_other_columns_ride_along() -> None:
    rows = [("c", "A", "X", 1, "train", 0.5), ("c", "B", "X", 1, "test", 0.1)]
    frame = pl.DataFrame(rows, schema={**ROWS, "effect": pl.Float64}, orient="row")
    assert check_rows(frame, "w").equals(frame)
