"""Tables are read unchanged, and what is wrong with them is one line."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from data.bad_tables import BAD, BAD_FILES, BAD_HEADERS, BAD_PARQUET, BAD_ROWS
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.tables import find_column, read_rows, read_table
from core_harness.data.tables.reading import _plain
from core_harness.errors import DataError, MissingDataError


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


@given(st.lists(st.lists(st.sampled_from(["", " ", "a", "é,", "'", "#", "null", "\x0b", "\u2028", "\n"]))))
def test_text_without_quotes_reads_as_the_csv_module_reads_it(lines: list[list[str]]) -> None:
    text = "\n".join("".join(line) for line in [["pert,gene"], *lines])
    read = _plain(text, ",", Path("t.csv"))
    whole = {line.count(",") for line in text.split("\n")} == {1}
    assert (read is not None) or not whole or not lines
    if read is not None:
        records = [*csv.reader(io.StringIO(text, newline=""))]
        assert read.columns == ["row", *records[0]]
        assert read.rows() == [(row, *record) for row, record in enumerate(records[1:], 2)]


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
