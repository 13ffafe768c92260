"""Tables are read unchanged, and what is wrong with them is one line."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.tables import check_rows, find_column, read_rows, read_table
from core_harness.errors import DataError, MissingDataError
from core_harness.schemas import ROWS

HEADER = "pert,gene,label,split"


def text(*more: str, header: str = HEADER) -> bytes:
    """Return a table of two good rows, 2 and 3, and ``more`` behind them."""
    return "\n".join([header, "A,X,1,train", "B,X,0,test", *more, ""]).encode()


def parquet(**columns: object) -> bytes:
    """Return a Parquet file of two good rows, with some columns in another way."""
    good = {"pert": ["A", "B"], "gene": ["X", "X"], "label": [1, 0], "split": ["train", "test"]}
    kept = {name: values for name, values in {**good, **columns}.items() if values is not None}
    out = io.BytesIO()
    pl.DataFrame(kept, strict=False).write_parquet(out)
    return out.getvalue()


PACKED = gzip.compress(text(), mtime=0)

BAD_FILES = {
    "another ending": ("t.xlsx", b"PK", "is not the name of a table; it should end in .csv, .tsv, .txt"),
    "no ending": ("table", text(), "it should end in"),
    "parquet in gz": ("t.parquet.gz", gzip.compress(parquet()), "it should end in"),
    "empty": ("t.csv", b"", "is empty"),
    "blank": ("t.csv", b"\n\r\n \n", "is empty"),
    "mark alone": ("t.csv", b"\xef\xbb\xbf", "is empty"),
    "header alone": ("t.csv", HEADER.encode(), "has a header but no rows"),
    "latin-1": (
        "t.csv",
        text() + b"C,Caf\xe9,1,train",
        "row 4: byte 0xe9 is not UTF-8; save it as UTF-8",
    ),
    "latin-1 after a long row": (
        "t.csv",
        text('"C\nC",X,1,train') + b"\xff",
        "row 5: byte 0xff is not UTF-8",
    ),
    "latin-1 after a long row of tsv": ("t.tsv", b'a\tb\nx\t"y\nz"\n\xff', "row 3: byte 0xff is not UTF-8"),
    "latin-1 after a mark": ("t.csv", b"\xef\xbb\xbfa\n\xc3\xa9\xe9", "row 2: byte 0xe9 is not UTF-8"),
    "latin-1 after a huge field": ("t.csv", text("C" * 200_000) + b"\xff", "row 4: byte 0xff is not UTF-8"),
    "utf-16": ("t.csv", text().decode().encode("utf-16"), "row 1: byte 0xff is not UTF-8"),
    "NUL": ("t.csv", text("C,X\0,1,train"), "row 4: a NUL character"),
    "gz that is not": ("t.csv.gz", text(), "is not a gzip file; take '.gz' off its name"),
    "gz cut off": ("t.csv.gz", PACKED[:-12], "is a damaged gzip file"),
    "gz with a wrong sum": ("t.csv.gz", PACKED[:-8] + b"\0" * 8, "is a damaged gzip file"),
    "gz scrambled": ("t.csv.gz", PACKED[:10] + b"\xff" * 40, "is a damaged gzip file"),
    "gz of nothing": ("t.csv.gz", gzip.compress(b""), "is empty"),
    "commas in tsv": ("t.tsv", text(), "(columns: pert,gene,label,split)"),
    "semicolons": ("t.csv", text().replace(b",", b";"), "(columns: pert;gene;label;split)"),
    "no test rows": ("t.csv", b"pert,gene,label,split\nA,X,1,train\n", "the test split is empty"),
    "no train rows": ("t.csv", b"pert,gene,label,split\nA,X,1,test\n", "the train split is empty"),
    "train rows of perturbed genes": ("t.csv", text().replace(b"A,X", b"A,A"), "the train split is empty"),
    "no context": ("t.csv", b"context,pert,gene,label,split\n,A,X,1,train\n", "row 2: no context"),
    "parquet cut off": ("t.parquet", parquet()[:-9], "is not a whole Parquet file"),
    "parquet that is not": ("t.parquet", text(), "is not a whole Parquet file"),
    "parquet empty": ("t.parquet", b"", "is not a whole Parquet file"),
}

BAD_HEADERS = {
    "pert,gene,gene,split": "row 1: column 'gene' occurs 2 times; rename it",
    "pert,gene,label, gene": "row 1: column 'gene' occurs 2 times",
    "pert,Gene,label,split": "no column 'gene'; did you mean 'Gene'? (columns: pert, Gene, label, split)",
    "pert,gene,LABEL,split": "no column 'label'; did you mean 'LABEL'?",
    "perturbations,gene,label,split": "no column 'perturbation' or 'pert'; did you mean 'perturbations'?",
    "pert,gene,y,split": "no column 'label' (columns: pert, gene, y, split)",
    "pert,gene,label,fold": "no column 'split' (columns",
    "pert,gene,perturbation,split": "columns 'perturbation' and 'pert' mean the same; keep one",
}

BAD_ROWS = {
    'C,"X,1,train\nD,X,1,train': "row 4: unexpected end of data; is a quote left open?",
    'C,"X"Y,1,train': "row 4: ',' expected after '\"'",
    f"C,{'X' * 200_000},1,train": "row 4: field larger than field limit",
    "C,X,1": "row 4: the number of fields is 3, in the header 4; quote fields",
    "C,X,1,train,more": "row 4: the number of fields is 5, in the header 4",
    '\n"C\nC",X,1,train\nD': "row 6: the number of fields is 1, in the header 4",
    ",X,1,train": "row 4: no perturbation; fill it in, or take the row out",
    "C, ,1,train\nD,,1,train": "row 4: no gene; fill it in, or take the row out (and 1 more like it)",
    "C,X,1,": "row 4: no split; fill it in",
    "C,X,,train": "row 4: label '' is not 0 or 1; write 1 where the answer is yes and 0 where it is no",
    "C,X,NaN,train": "row 4: label 'NaN' is not 0 or 1",
    "C,X,0.5,train": "row 4: label '0.5' is not 0 or 1",
    "C,X,yes,train": "row 4: label 'yes' is not 0 or 1",
    "C,X,2,train": "row 4: label '2' is not 0 or 1",
    "C,X,-1,train": "row 4: label '-1' is not 0 or 1",
    "C,X,{gene},train": "row 4: label '{gene}' is not 0 or 1",
    f"C,X,{'1' * 1000},train": f"row 4: label '{'1' * 40}...' is not 0 or 1",
    HEADER: "row 4: label 'label' is not 0 or 1",
    "C,X,1,valid": "row 4: unknown split 'valid'; write 'train' or 'test'",
    "C,X,1,Train": "row 4: unknown split 'Train'; write 'train' or 'test'",
    'C,"X\nY",1,train': "row 4: a control character in gene 'X\\nY'; is a quote left open?",
    "A,X,0,train": "row 4: 'A' and 'X' in context 'c' have label 0, but 1 in row 2; keep one of the two",
    "A,X,1,train\nA,X,0,train": "row 5: 'A' and 'X' in context 'c' have label 0, but 1 in row 4",
    "B,X,0,train": "row 4: 'B' and 'X' in context 'c' have split 'train', but 'test' in row 3",
    "A,Y,1,test": "row 4: perturbation 'A' of context 'c' is in split 'test', but in 'train' in row 2",
}

BAD_PARQUET: dict[str, tuple[dict[str, object], str]] = {
    "no rows": ({"pert": [], "gene": [], "label": [], "split": []}, "has a header but no rows"),
    "no column": ({"split": None}, "no column 'split'"),
    "label NaN": ({"label": [1.0, float("nan")]}, "row 2: label 'NaN' is not 0 or 1"),
    "label infinite": ({"label": [1.0, float("inf")]}, "row 2: label 'inf' is not 0 or 1"),
    "label .5": ({"label": [0.5, 1.0]}, "row 1: label '0.5' is not 0 or 1"),
    "label 2": ({"label": [1, 2]}, "row 2: label '2' is not 0 or 1"),
    "label null": ({"label": [1, None]}, "row 2: label '' is not 0 or 1"),
    "label in lists": ({"label": [[1], [0]]}, "column 'label': values of type List(Int64) are no labels"),
    "gene null": ({"gene": ["X", None]}, "row 2: no gene"),
    "genes all null": ({"gene": [None, None]}, "row 1: no gene"),
    "genes in fractions": ({"gene": [1.5, 2.5]}, "column 'gene': values of type Float64 are no names"),
}

BAD = {
    **BAD_FILES,
    **{f"header {header}": ("t.csv", text(header=header), says) for header, says in BAD_HEADERS.items()},
    **{f"row {row[:40]!r}": ("t.csv", text(row), says) for row, says in BAD_ROWS.items()},
    **{f"parquet, {name}": ("t.parquet", parquet(**c), says) for name, (c, says) in BAD_PARQUET.items()},
}


def test_bad_inputs_are_many_and_each_is_another_one() -> None:
    assert len(BAD) == len(BAD_FILES) + len(BAD_HEADERS) + len(BAD_ROWS) + len(BAD_PARQUET) >= 40


@pytest.mark.parametrize(("name", "content", "says"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_line(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_rows(path, context="c")
    message = str(caught.value)
    assert message.startswith(str(path))
    assert says in message
    assert len(message) < len(str(path)) + 300
    assert caught.value.exit_code == 3


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"absent\.csv is not there"):
        read_rows(tmp_path / "absent.csv", context="c")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda at: at.mkdir(), r"t\.csv is a folder; name a file in it"),
        (lambda at: at.symlink_to(at), "cannot be read: Too many levels of symbolic links"),
    ],
    ids=["folder", "link to itself"],
)
def test_not_a_file(make: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    make(tmp_path / "t.csv")
    with pytest.raises(DataError, match=says):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("name", [f"{'x' * 300}.csv", "x\0.csv"], ids=["too long", "NUL"])
def test_name_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / name)


# ---------------------------------------------------------------- what is read unchanged

field = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
awkward = st.sampled_from(
    [
        "NA",
        "nan",
        "1E5",
        "MARCH1",
        "SEPT7",
        "007",
        "1.0",
        "True",
        '"',
        "'",
        ",",
        "\t",
        "\r",
        "\r\n",
        "\ufeff",
        " ",
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    names = draw(
        st.lists(
            st.sampled_from(["pert", "gene", "a b", 'say "x"', "x,y", "Δ", "1"]), unique=True, min_size=1
        )
    )
    height = draw(st.integers(1, 6))
    cells = st.lists(field | awkward, min_size=height, max_size=height)
    return pl.DataFrame({name: draw(cells) for name in names}, schema=dict.fromkeys(names, pl.String))


def assert_reads_back(content: bytes, name: str, table: pl.DataFrame, folder: Path) -> None:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    read = read_table(path)
    assert read["row"].to_list() == list(range(2, table.height + 2))
    assert read.drop("row").equals(table)


@given(tables(), st.sampled_from([",", "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_text_that_polars_wrote_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    table: pl.DataFrame,
    separator: str,
    end: str,
    mark: bool,
    packed: bool,
) -> None:
    name = ("t.csv" if separator == "," else "t.tsv") + (".gz" if packed else "")
    content = table.write_csv(separator=separator, line_terminator=end, include_bom=mark).encode()
    assert_reads_back(content, name, table, tmp_path_factory.mktemp("t"))


@given(tables(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_text_that_python_wrote_reads_back(
    tmp_path_factory: pytest.TempPathFactory, table: pl.DataFrame, end: str, sparing: bool
) -> None:
    out = io.StringIO(newline="")
    # sparing with quotes, python leaves a lone "\\r" bare unless it ends its own lines
    if sparing:
        writer = csv.writer(out, delimiter="\t", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    else:
        writer = csv.writer(out, delimiter="\t", lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([table.columns, *table.rows()])
    assert_reads_back(out.getvalue().encode(), "t.txt", table, tmp_path_factory.mktemp("t"))


@given(tables())
def test_parquet_reads_back_with_its_types(
    tmp_path_factory: pytest.TempPathFactory, table: pl.DataFrame
) -> None:
    path = tmp_path_factory.mktemp("t") / "t.parquet"
    table = table.with_columns(number=pl.lit(0.5), whole=pl.lit(1, pl.Int8))
    table.write_parquet(path)
    read = read_table(path)
    assert read["row"].to_list() == list(range(1, table.height + 1))
    assert read.drop("row").equals(table)


def test_blank_lines_count_and_a_gz_needs_no_ending(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"\n a ,b\n\n1,\n\n\n3,4\n\n"))
    assert read_table(path).to_dict(as_series=False) == {"row": [4, 7], "a": ["1", "3"], "b": ["", "4"]}


def test_a_column_called_row_gives_way(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("row,a\n9,x\n")
    pl.DataFrame({"row": [9], "a": ["x"]}).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.csv").row(0) == (2, "x")
    assert read_table(tmp_path / "t.parquet").row(0) == (1, "x")


def test_a_column_is_found_by_either_name() -> None:
    assert find_column(pl.DataFrame({"pert": []}), "perturbation", "pert", path=Path("t")) == "pert"


def test_a_wide_table_is_not_listed_in_full() -> None:
    wide = pl.DataFrame({f"column{i}": [] for i in range(1000)})
    with pytest.raises(DataError) as caught:
        find_column(wide, "gene", path=Path("t"))
    assert len(str(caught.value)) < 300


# ---------------------------------------------------------------- rows

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
        read.append(read_rows(path, context="unused"))
    assert read[0].drop("row").equals(read[1].drop("row"))
    assert read[0].drop("row").equals(check_rows(rows, "w"))


def test_rows_name_their_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text("A,X,1,train", " C , Y ,1.0, train ", "C,Z,0.0,train"))
    assert read_rows(path, context="c").rows() == [
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
    assert read_rows(path, context="c").drop("row").rows() == [
        ("c", "A", "X", 1, "train"),
        ("c", "B", "X", 0, "test"),
    ]


def test_identifiers_in_whole_numbers_are_names(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(parquet(gene=[7157, 7157]))
    assert read_rows(path, context="c")["gene"].to_list() == ["7157", "7157"]


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
