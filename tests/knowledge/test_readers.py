"""Every reader against a writer of its format, and one line for every file that cannot be used."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_harness.errors import DataError, MissingDataError
from core_harness.knowledge.readers import (
    read_aliases,
    read_annotations,
    read_edges,
    read_gmt,
    read_modules,
)

anyhow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

FIELD = (
    st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\x00"), min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda text: text != "" and not text.startswith("\ufeff"))
)
SETS = st.dictionaries(FIELD, st.lists(FIELD, min_size=1, max_size=4), min_size=1, max_size=5)


class Style(NamedTuple):
    """Ways to write the same file."""

    packed: bool
    mark: bytes
    end: bytes
    blank_lines: bool

    def write(self, path: Path, lines: list[str]) -> Path:
        gaps = [line for text in lines for line in ((text, "") if self.blank_lines else (text,))]
        content = self.mark + self.end.join(line.encode() for line in [*gaps, ""])
        path.write_bytes(gzip.compress(content) if self.packed else content)
        return path


STYLES = st.builds(
    Style,
    st.booleans(),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@anyhow
@given(sets=SETS, style=STYLES)
def test_gmt(tmp_path: Path, sets: dict[str, list[str]], style: Style) -> None:
    lines = ["\t".join([name, "described", *genes]) for name, genes in sets.items()]
    frame = read_gmt(style.write(tmp_path / "sets.gmt", lines))
    assert frame.rows() == [(name, gene) for name, genes in sets.items() for gene in genes]


@anyhow
@given(sets=SETS, style=STYLES, padding=st.integers(0, 3))
def test_modules(tmp_path: Path, sets: dict[str, list[str]], style: Style, padding: int) -> None:
    header = "\t".join(["Cluster number", *(f"column {i}" for i in range(2, 12)), "Genes"])
    lines = ["\t".join([name, *[""] * 10, *genes, *[""] * padding]) for name, genes in sets.items()]
    frame = read_modules(style.write(tmp_path / "modules.tsv", [header, *lines]))
    assert frame.rows() == [(name, gene) for name, genes in sets.items() for gene in genes]


@anyhow
@given(rows=st.lists(st.tuples(FIELD, st.sampled_from(["BP", "CC"]), FIELD), min_size=1), style=STYLES)
def test_annotations(tmp_path: Path, rows: list[tuple[str, str, str]], style: Style) -> None:
    lines = ["\t".join(["symbol", "aspect", "go_id"]), *("\t".join(row) for row in rows)]
    path = style.write(tmp_path / "annotations.tsv", lines)
    for aspect in {aspect for _, aspect, _ in rows}:
        frame = read_annotations(path, set_column="go_id", gene_column="symbol", where={"aspect": aspect})
        assert frame.rows() == [(term, gene) for gene, kind, term in rows if kind == aspect]
    assert read_annotations(path, set_column="go_id", gene_column="symbol").height == len(rows)


@anyhow
@given(rows=st.lists(st.tuples(FIELD, FIELD, st.integers(1, 1000)), min_size=1), style=STYLES)
def test_edges(tmp_path: Path, rows: list[tuple[str, str, int]], style: Style) -> None:
    lines = ["one\tscore\tother\tmore", *(f"{a}\t{score}\t{b}\t" for a, b, score in rows)]
    path = style.write(tmp_path / "edges.tsv", lines)
    frame = read_edges(path, gene_columns=("one", "other"), score_columns=["score"], divisor=1000)
    assert frame.rows() == [(a, b, score / 1000) for a, b, score in rows]


SCORES = st.lists(st.integers(0, 1000), min_size=1, max_size=4)


@anyhow
@given(rows=st.lists(SCORES, min_size=1, max_size=6).filter(lambda r: len({len(s) for s in r}) == 1))
def test_scores_are_combined_as_independent_evidence(tmp_path: Path, rows: list[list[int]]) -> None:
    columns = [f"s{number}" for number in range(len(rows[0]))]
    lines = [f"A\tB{n}\t" + "\t".join(map(str, scores)) for n, scores in enumerate(rows)]
    path = written(tmp_path / "edges.tsv", "\n".join(["\t".join(["a", "b", *columns]), *lines]))
    both = {
        order: dict(
            read_edges(path, gene_columns=("a", "b"), score_columns=some, divisor=1000)
            .select("b", "weight")
            .iter_rows()
        )
        for order, some in (("there", columns), ("back", columns[::-1]))
    }
    for number, scores in enumerate(rows):
        if not any(scores):
            assert f"B{number}" not in both["there"]  # no edge
            continue
        weight = both["there"][f"B{number}"]
        missed = np.prod([1 - score / 1000 for score in scores])
        assert weight == pytest.approx(1 - missed, abs=1e-12)
        assert max(scores) / 1000 <= weight * (1 + 1e-12)
        assert 0 < weight <= 1
        assert both["back"][f"B{number}"] == pytest.approx(weight, rel=1e-12)
        if sum(map(bool, scores)) == 1:
            assert weight == max(scores) / 1000  # to the bit: a channel that is 0 says nothing


CODE = st.sampled_from(["IDA", "IMP", ""])
DATE = st.sampled_from(["20190503", "2019-05-03", "2019-05", "2019", ""])


@anyhow
@given(rows=st.lists(st.tuples(FIELD, FIELD, CODE, DATE), min_size=1), style=STYLES)
def test_annotations_with_codes_and_dates(
    tmp_path: Path, rows: list[tuple[str, str, str, str]], style: Style
) -> None:
    lines = ["\t".join(["go_id", "symbol", "code", "day"]), *("\t".join(row) for row in rows)]
    path = style.write(tmp_path / "annotations.tsv", lines)

    def read(evidence: str | None, date: str | None) -> list[tuple[object, ...]]:
        return read_annotations(
            path, set_column="go_id", gene_column="symbol", evidence_column=evidence, date_column=date
        ).rows()

    codes = [code or None for _, _, code, _ in rows]
    days = [("2019-05-03" if day == "20190503" else day) or None for *_, day in rows]
    pairs = [(term, gene) for term, gene, _, _ in rows]
    assert read("code", "day") == [(*p, code, day) for p, code, day in zip(pairs, codes, days, strict=True)]
    assert read("code", None) == [(*pair, code, None) for pair, code in zip(pairs, codes, strict=True)]
    assert read("absent", "absent too") == [(*pair, None, None) for pair in pairs]
    assert read(None, None) == pairs


@anyhow
@given(rows=st.lists(st.tuples(FIELD, FIELD), min_size=1), style=STYLES)
def test_aliases(tmp_path: Path, rows: list[tuple[str, str]], style: Style) -> None:
    path = style.write(tmp_path / "aliases.tsv", ["Symbol\tApproved", *(f"{a}\t{b}" for a, b in rows)])
    frame = read_aliases(path, alias_column="Symbol", approved_column="Approved")
    assert frame.rows() == rows


def test_quotation_marks_are_part_of_a_field(tmp_path: Path) -> None:
    path = written(tmp_path / "go.tsv", "go_id\tsymbol\n\"5'-x\tA\n")
    assert read_annotations(path, set_column="go_id", gene_column="symbol").rows() == [("\"5'-x", "A")]


def gmt(path: Path) -> pl.DataFrame:
    return read_gmt(path)


def modules(path: Path) -> pl.DataFrame:
    return read_modules(path)


def go(path: Path) -> pl.DataFrame:
    return read_annotations(path, set_column="go_id", gene_column="symbol", where={"aspect": "BP"})


def dated(path: Path) -> pl.DataFrame:
    return read_annotations(path, set_column="go_id", gene_column="symbol", date_column="aspect")


def string(path: Path) -> pl.DataFrame:
    return read_edges(path, gene_columns=("a", "b"), score_columns=["score"], divisor=1000)


def hgnc(path: Path) -> pl.DataFrame:
    return read_aliases(path, alias_column="Symbol", approved_column="Approved")


GMT = b"one\tx\tA\n"
MODULES = b"Cluster number\tGenes\n"
GO = b"go_id\tsymbol\taspect\n"
EDGES = b"a\tb\tscore\n"


class Bad(NamedTuple):
    read: Callable[[Path], pl.DataFrame]
    content: bytes
    message: str


BAD = {
    "empty": Bad(gmt, b"", "FILE is empty; get the file again"),
    "blank": Bad(gmt, b"\n \n", "FILE is empty; get the file again"),
    "cut off": Bad(gmt, gzip.compress(GMT)[:-9], "FILE is a damaged gzip file; get the file again"),
    "damaged": Bad(gmt, b"\x1f\x8b\x08" + GMT, "FILE is a damaged gzip file; get the file again"),
    "latin-1": Bad(
        gmt,
        GMT + b"two\tx\t\xe9B\n",
        "FILE, row 2: byte 0xe9 is not UTF-8; save the file in the encoding UTF-8",
    ),
    "utf-16": Bad(
        gmt,
        GMT.decode().encode("utf-16"),
        "FILE, row 1: byte 0xff is not UTF-8; save the file in the encoding UTF-8",
    ),
    "set without genes": Bad(
        gmt,
        GMT + b"\ntwo\tx\t\t \n",
        "FILE, row 3, column '1': 'two' has no genes; list them from column 3 on, or delete the row",
    ),
    "commas": Bad(
        gmt,
        b"one,x,A\n,x,B\n",
        "FILE, row 1, column '1': 'one,x,A' has no genes; list them from column 3 on, or delete the row"
        " (2 such rows)",
    ),
    "set without name": Bad(
        gmt, GMT + b"\tx\tB\n", "FILE, row 2, column '1': the set has no name; name it or delete the row"
    ),
    "set twice": Bad(gmt, GMT + GMT, "FILE, row 2, column '1': 'one' occurs twice; rename one"),
    "no modules": Bad(modules, MODULES, "FILE has a header but no rows; get the file again"),
    "module without genes": Bad(
        modules,
        MODULES + b"1\tA\n",
        "FILE, row 2, column '1': '1' has no genes; list them from column 12 on, or delete the row",
    ),
    "missing column": Bad(
        go,
        b"go\tsymbol\taspect\n",
        "FILE, row 1: unknown column 'go_id'; did you mean 'go'? (known: aspect, go, symbol)",
    ),
    "missing column at the end": Bad(
        go, b"go_id\tsymbol\r\n1\tA\r\n", "FILE, row 1: unknown column 'aspect' (known: go_id, symbol)"
    ),
    "column twice": Bad(
        go,
        b"go_id\tsymbol\taspect\tsymbol\n",
        "FILE, row 1: column 'symbol' occurs twice; rename one",
    ),
    "no header": Bad(go, b"\n" + GO, "FILE, row 1: unknown column 'go_id' (known: )"),
    "no rows": Bad(go, GO, "FILE has a header but no rows; get the file again"),
    "blank rows": Bad(go, GO + b"\n\n", "FILE has a header but no rows; get the file again"),
    "short row": Bad(
        go,
        GO + b"1\tA\tBP\n\n2\tB\n",
        "FILE, row 4, column 'aspect': the field is empty; fill it or delete the row",
    ),
    "long row": Bad(
        go,
        GO + b"1\tA\tBP\n2\tB\tBP\tx\ty\n",
        "FILE, row 3: 5 fields where the header has 3; take the tabs out of its fields",
    ),
    "empty field": Bad(
        go,
        GO + b"1\tA\tBP\n2\t \tBP\n",
        "FILE, row 3, column 'symbol': the field is empty; fill it or delete the row",
    ),
    "no date": Bad(
        dated,
        GO + b"1\tA\t2019\n2\tB\t\n3\tC\t5/2019\n",
        "FILE, row 4, column 'aspect': '5/2019' is no date (YYYYMMDD, YYYY-MM-DD, YYYY-MM or YYYY);"
        " correct it",
    ),
    "filter that nothing passes": Bad(
        go,
        GO + b"1\tA\tP\n2\tB\tF\n",
        "FILE, column 'aspect': unknown value 'BP'; did you mean 'P'? (known: F, P)",
    ),
    "score in words": Bad(
        string,
        EDGES + b"A\tB\t900\nA\tC\thigh\n",
        "FILE, row 3, column 'score': 'high' is not a number; correct the score",
    ),
    "score NaN": Bad(
        string,
        EDGES + b"A\tB\tNaN\n",
        "FILE, row 2, column 'score': 'NaN' is not a number; correct the score",
    ),
    "score infinite": Bad(
        string,
        EDGES + b"A\tB\tinf\n",
        "FILE, row 2, column 'score': 'inf' is not in [0, 1000]; correct the score, or the layer's divisor",
    ),
    "scores out of range": Bad(
        string,
        EDGES + b"A\tB\t1000\nA\tC\t-1\nA\tD\t1001\n",
        "FILE, row 3, column 'score': '-1' is not in [0, 1000]; correct the score, or the layer's divisor"
        " (2 such rows)",
    ),
    "alias of nothing": Bad(
        hgnc,
        b"Symbol\tApproved\nOLD\t\n",
        "FILE, row 2, column 'Approved': the field is empty; fill it or delete the row",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, bad: Bad) -> None:
    path = tmp_path / "table"
    path.write_bytes(bad.content)
    with pytest.raises(DataError) as caught:
        bad.read(path)
    assert str(caught.value).replace(str(path), "FILE") == bad.message


def test_a_name_in_gz_promises_gzip(tmp_path: Path) -> None:
    path = tmp_path / "table.gz"
    path.write_bytes(GMT)
    with pytest.raises(
        DataError, match=r"is not a gzip file; take '\.gz' off its name, or get the file again"
    ):
        read_gmt(path)


@pytest.mark.parametrize("read", [gmt, modules, go, string, hgnc])
def test_a_missing_file_and_a_folder(tmp_path: Path, read: Callable[[Path], pl.DataFrame]) -> None:
    with pytest.raises(MissingDataError, match=r"nowhere is not there; .*data pull kg.* CORE_HARNESS_DATA"):
        read(tmp_path / "nowhere")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_gzip_file_needs_no_gz_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(GMT))
    assert read_gmt(path).rows() == [("one", "A")]
