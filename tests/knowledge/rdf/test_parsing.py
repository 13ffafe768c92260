"""Both parsers give the same statements, and refuse the same files in one line."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from knowledge.rdf.graphs import PARSERS, SMALL, Parser, parsing_by

from core_harness.errors import DataError, MissingDataError
from core_harness.knowledge.rdf import parsing, write_graph
from core_harness.knowledge.rdf.parsing import STATEMENTS, read_statements

PREFIX = (
    ", row 2: not valid Turtle: the prefix 'ex:' is not declared; declare it with a line @prefix ex: <...> ."
)

TURTLE = """\
@prefix e: <http://e/> .
PREFIX f: <http://f#>
@base <http://base/> .
# a comment
e:a e:b <relative>, "text", "text"@en, '''several
lines''', "caf\\u00E9 \\"x\\"" , 0.5, 7, 1e3, true ; a f:C .
"""


def rows(path: Path) -> set[tuple[str, str, str, bool, str]]:
    frame = read_statements(path)
    assert frame.schema == pl.Schema(STATEMENTS)
    return set(frame.rows())


@pytest.mark.parametrize("parser", PARSERS)
def test_every_kind_of_term(tmp_path: Path, parser: Parser) -> None:
    path = tmp_path / "graph.ttl"
    path.write_text(TURTLE, encoding="utf-8")
    with parsing_by(parser):
        found = rows(path)
    a, b = "http://e/a", "http://e/b"
    literals = {value for _, predicate, value, literal, _ in found if predicate == b and literal}
    assert literals - {"1e3", "1000.0"} == {"text", "several\nlines", 'café "x"', "0.5", "7", "true"}
    assert {row for row in found if not row[3]} == {
        (a, b, "http://base/relative", False, ""),
        (a, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://f#C", False, ""),
    }


@pytest.mark.parametrize("parser", PARSERS)
def test_blank_nodes_and_named_graphs(tmp_path: Path, parser: Parser) -> None:
    path = tmp_path / "graph.trig"
    path.write_text("<a:a> <a:p> _:x .\n<a:g> { _:x <a:p> <a:b> . }\nGRAPH <a:h> { <a:a> <a:p> 1 }\n")
    with parsing_by(parser):
        found = {row[4]: row for row in rows(path)}
    assert found[""][2].startswith("_:")
    assert found["a:g"] == (found[""][2], "a:p", "a:b", False, "a:g")
    assert found["a:h"] == ("a:a", "a:p", "1", True, "a:h")


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("ending", ["nt", "ttl", "trig"])
def test_bom_crlf_gzip_and_a_missing_last_newline(tmp_path: Path, ending: str, parser: Parser) -> None:
    text = '<a:a> <a:p> <a:b> .\r\n<a:a> <a:p> "x" .'
    (tmp_path / f"graph.{ending}").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / f"graph.{ending}.gz").write_bytes(gzip.compress(text.encode()))
    with parsing_by(parser):
        plain, packed = rows(tmp_path / f"graph.{ending}"), rows(tmp_path / f"graph.{ending}.gz")
    assert plain == packed == {("a:a", "a:p", "a:b", False, ""), ("a:a", "a:p", "x", True, "")}


@pytest.mark.parametrize("parser", PARSERS)
def test_a_literal_that_is_not_what_its_type_says_is_kept_in_silence(
    tmp_path: Path, parser: Parser, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "graph.nt"
    path.write_text('<a:a> <a:p> "high"^^<http://www.w3.org/2001/XMLSchema#double> .\n')
    with parsing_by(parser):
        assert rows(path) == {("a:a", "a:p", "high", True, "")}
    assert caplog.records == []


@pytest.mark.parametrize("ending", ["nt", "ttl", "trig"])
def test_both_parsers_find_the_same_in_what_is_exported(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"graph.{ending}"
    write_graph(SMALL, path)
    found = []
    for parser in PARSERS:
        with parsing_by(parser):
            found.append(rows(path))
    assert found[0] == found[1]


# name of the file, content, what is said after the name of the file by pyoxigraph and by rdflib
BAD = {
    "wrong ending": (
        "g.rdf",
        b"<a:a> <a:p> <a:b> .",
        " does not end in .nt (N-Triples), .ttl (Turtle)",
        None,
    ),
    "packed wrong ending": ("g.csv.gz", b"", " does not end in .nt", None),
    "empty": ("g.nt", b" \n", " is empty; get the file again", None),
    "gzip that is not": ("g.nt.gz", b"<a:a> <a:p> <a:b> .", " is not a gzip file; take '.gz' off", None),
    "gzip cut off": ("g.nt.gz", gzip.compress(b"<a:a> <a:p> <a:b> .")[:-9], " is a damaged gzip file", None),
    "binary": ("g.ttl", bytes(range(128, 256)), ", row 1: byte 0x80 is not UTF-8; save the file", None),
    "latin-1": ("g.nt", b'<a:a> <a:p> "x" .\n<a:a> <a:p> "\xe9" .', ", row 2: byte 0xe9 is not UTF-8", None),
    "NUL": (
        "g.nt",
        b"\0\0",
        ", row 1: not valid N-Triples: ",
        ", row 1: not valid N-Triples: '\\x00\\x00' is no",
    ),
    "a table": (
        "g.nt",
        b"a\tb\tscore\n",
        ", row 1: not valid N-Triples: ",
        ", row 1: not valid N-Triples: 'a\\tb\\tscore' is no statement; correct it, or export the file again",
    ),
    "line broken off": (
        "g.nt",
        b'<a:a> <a:p> <a:b> .\n<a:a> <a:p> "x',
        ", row 2: not valid N-Triples: Unexpected end of file; correct it, or export the file again",
        ", row 2: not valid N-Triples: '<a:a> <a:p> \"x' is no statement; correct it",
    ),
    "no point": (
        "g.ttl",
        b"<a:a> <a:p> <a:b>\n<a:a> <a:p> <a:c> .\n",
        ", row 2: not valid Turtle: ",
        ", row 2: not valid Turtle: expected '.' or '}' or ']' at end of statement; correct it",
    ),
    "unknown prefix": (
        "g.ttl",
        b"@prefix e: <http://e/> .\ne:a e:p ex:b .\n",
        PREFIX,
        PREFIX,
    ),
    "relative": (
        "g.ttl",
        b"<a> <a:p> <a:b> .",
        ", row 1: not valid Turtle: No scheme found in an absolute IRI; correct it",
        ": not valid Turtle: the IRI </a> is relative, and there is no @base; correct it",
    ),
    "graph not closed": ("g.trig", b"<a:g> { <a:a> <a:p> <a:b> .", ", row 1: not valid TriG: ", None),
    "XML": (
        "g.ttl",
        b'<?xml version="1.0"?><rdf:RDF/>',
        ", row 1: not valid Turtle: ",
        ": not valid Turtle: ",
    ),
    "JSON": ("g.ttl", b'{"@id": 1}', ", row 1: not valid Turtle: ", None),
    "half a character": (
        "g.ttl",
        b'<a:a> <a:p> "\\uD800" .',
        ", row 1: not valid Turtle: ",
        ": not valid Turtle: ",
    ),
    "deep": (
        "g.ttl",
        b"<a:a> <a:p> " + b"(" * 5000,
        ", row 1: not valid Turtle: ",
        ": not valid Turtle: it cannot be",
    ),
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, case: str, parser: Parser) -> None:
    name, content, by_pyoxigraph, by_rdflib = BAD[case]
    path = tmp_path / name
    path.write_bytes(content)
    message = by_pyoxigraph if parser == "pyoxigraph" or by_rdflib is None else by_rdflib
    with parsing_by(parser), pytest.raises(DataError, match=re.escape(f"{path}{message}")) as caught:
        read_statements(path)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert len(str(caught.value)) < len(str(path)) + 300


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"absent\.nt is not there"):
        read_statements(tmp_path / "absent.nt")


def test_a_huge_file_needs_pyoxigraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "graph.nt"
    path.write_text("<a:a> <a:p> <a:b> .\n" * 100_001)
    monkeypatch.setattr(parsing, "_TOO_MUCH", 2**20)
    with parsing_by("rdflib"), pytest.raises(DataError) as caught:
        read_statements(path)
    assert str(caught.value) == (
        f"{path} holds 2 MiB of N-Triples, too much for rdflib alone; pip install 'core-harness[rdf]' brings "
        "pyoxigraph, which reads it"
    )
    with parsing_by("pyoxigraph"):
        assert read_statements(path).height == 100_001


SNIPPETS = st.lists(
    st.sampled_from(
        [
            *"<>.,;()[]{}\"'\\^@_:a# \n",
            "<a:a>",
            "<a>",
            "a:b",
            "_:x",
            "@prefix a: <a:> .",
            "GRAPH",
            '"x"',
            "1e3",
            "^^",
        ]
    ),
    max_size=25,
).map(" ".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="@prefix", ending="ttl", parser="rdflib")
@given(
    text=st.one_of(SNIPPETS, st.text(max_size=40)),
    ending=st.sampled_from(["nt", "ttl", "trig"]),
    parser=st.sampled_from(PARSERS),
)
def test_any_text_is_statements_or_one_clear_line(
    tmp_path: Path, text: str, ending: str, parser: Parser, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"graph.{ending}"
    path.write_text(text, encoding="utf-8", errors="replace")
    said = ""
    with parsing_by(parser):
        try:
            assert isinstance(read_statements(path), pl.DataFrame)
        except DataError as error:
            said = str(error)
    assert "\n" not in said
    assert caplog.records == []
