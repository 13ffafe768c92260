from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from knowledge.rdf.graphs import symbols

from core_harness.errors import DataError, MissingDataError
from core_harness.knowledge import AliasSource, IdentifierSource, LayerSource, Symbols
from core_harness.knowledge.rdf import read_origins
from core_harness.knowledge.rdf.origins import read_ids

IDENTIFIERS = IdentifierSource(
    file="genes.tsv", columns=("symbol", "hgnc_id"), source="HGNC", licence="CC0-1.0", date="2022-04"
)
HEADER = "hgnc_id\tsymbol\tname\n"


def ids(folder: Path, text: str, known: Symbols) -> list[tuple[str, str]]:
    (folder / "genes.tsv").write_text(HEADER + text)
    return read_ids(IDENTIFIERS, folder, known).rows()


def test_ids_go_to_approved_symbols(tmp_path: Path) -> None:
    known = symbols(("AARS", "AARS1"), ("AARS1", "AARS1"))
    text = "HGNC:20\tAARS\tx\nHGNC:5\tA1BG\tx\n"
    assert ids(tmp_path, text, known) == [("A1BG", "HGNC:5"), ("AARS1", "HGNC:20")]


def test_of_two_ids_that_come_to_one_symbol_the_one_that_had_it_stays(tmp_path: Path) -> None:
    known = symbols(("OLD", "NEW"), ("OLDER", "NEW"))
    text = "HGNC:9\tOLD\tx\nHGNC:10\tOLDER\tx\n"
    assert ids(tmp_path, text, known) == [("NEW", "HGNC:9")]
    assert ids(tmp_path, f"{text}HGNC:30\tNEW\tx\n", known) == [("NEW", "HGNC:30")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "11998\tTP53\tx\n",
            "row 2, column 'hgnc_id': '11998' is no HGNC id such as 'HGNC:11998'; correct it",
        ),
        ("HGNC:5\tA\tx\nHGNC:5\tB\tx\n", "row 3, column 'hgnc_id': 'HGNC:5' occurs twice"),
    ],
)
def test_bad_ids_are_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        ids(tmp_path, text, Symbols.none())
    assert str(caught.value) == f"{tmp_path / 'genes.tsv'}, {message}"


def test_origins_say_what_the_registry_says_and_the_digest_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "genes.tsv").write_text(f"{HEADER}HGNC:5\tA\tx\n")
    (tmp_path / "aliases.tsv").write_text("old\tnew\nA\tA\n")
    (tmp_path / "go.tsv").write_text("go_id\tsymbol\tname\nGO:1\tA\tone\nGO:2\tA\t\n")
    layer = LayerSource(
        name="go", reader="annotations", file="go.tsv", columns=("go_id", "symbol"), names="name",
        biolink="enables", source="GO", licence="CC-BY-4.0", date="2025",
    )  # fmt: skip
    aliases = AliasSource(file="aliases.tsv", columns=("old", "new"), source="Names", licence="CC0-1.0")
    origins = read_origins(tmp_path, [layer], aliases, IDENTIFIERS, Symbols.none())
    go = origins.layers["go"]
    digest = hashlib.sha256((tmp_path / "go.tsv").read_bytes()).hexdigest()
    assert (go.title, go.licence, go.date, go.sha256, go.biolink) == (
        "GO", "CC-BY-4.0", "2025", digest, "enables",
    )  # fmt: skip
    assert origins.symbols is not None
    assert origins.symbols.title == "Names"
    assert origins.genes is not None
    assert origins.genes.date == "2022-04"
    assert origins.ids.rows() == [("A", "HGNC:5")]
    none = read_origins(tmp_path, [], None, None, Symbols.none())
    assert (none.layers, none.genes, none.symbols, none.ids.height) == ({}, None, None, 0)
    (tmp_path / "genes.tsv").unlink()
    with pytest.raises(MissingDataError, match=r"genes\.tsv is not there"):
        read_origins(tmp_path, [layer], aliases, IDENTIFIERS, Symbols.none())
