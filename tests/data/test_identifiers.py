"""Names of a table at load: brought together, left out, said, or refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import run_here
from small_names import write_names

from core_harness.data.tables.identifiers import bring_together, match_names
from core_harness.errors import DataError, LeakError
from core_harness.schemas import ROWS
from core_harness_plugins.datasets.table import Table

TRAIN, TEST = ["MDM2", "KMT2A"], ["RPL23", "ATF4"]
GENES = ["HSPA5", "TP53"]

Row = tuple[str, str, int, str]


def rows(*more: Row, genes: Iterable[str] = GENES) -> list[Row]:
    """Return two perturbations a split on two genes, and ``more``."""
    plain = [(TRAIN, "train"), (TEST, "test")]
    found = [
        (name, gene, i % 2, split) for names, split in plain for i, name in enumerate(names) for gene in genes
    ]
    return [*found, *more]


@pytest.fixture(params=["with tables", "without"], autouse=True)
def tables(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    if request.param == "with tables":
        write_names(tmp_path / "data")
    return bool(request.param == "with tables")


def table(tmp_path: Path, written: list[Row], **parameters: str) -> Table:
    path = tmp_path / "t.csv"
    frame = pl.DataFrame(written, schema=["perturbation", "gene", "label", "split"], orient="row")
    frame.write_csv(path)
    return Table(path=str(path), **parameters)  # type: ignore[arg-type]


def pairs(dataset: Table) -> list[tuple[str, str]]:
    return list(dataset.rows().select("perturbation", "gene").iter_rows())


PLAIN = sorted((name, gene) for name in (*TRAIN, *TEST) for gene in GENES)


def test_a_table_of_approved_names_is_as_it_was_and_says_nothing(tmp_path: Path) -> None:
    dataset = table(tmp_path, rows())
    assert (pairs(dataset), dataset.notes) == (PLAIN, ())


def test_controls_are_left_out_and_counted(tmp_path: Path) -> None:
    controls = [(name, gene, 0, "train") for name in ("non-targeting", "NTC") for gene in GENES]
    dataset = table(tmp_path, rows(*controls))
    assert pairs(dataset) == PLAIN
    assert dataset.notes == ("controls among the perturbations left out: NTC, non-targeting, 4 rows",)


def test_a_table_of_controls_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="all perturbations are controls, such as NTC"):
        table(tmp_path, [("NTC", "TP53", 0, "train"), ("ctrl", "TP53", 1, "test")]).rows()


def test_the_gene_called_ctrl_is_kept_and_said(tmp_path: Path) -> None:
    dataset = table(tmp_path, rows(("CTRL", "TP53", 0, "train")))
    assert ("CTRL", "TP53") in pairs(dataset)
    assert dataset.notes == (
        "CTRL in capitals is the symbol of a gene and kept; write ctrl where it is the control",
    )


def test_versions_of_ensembl_ids_are_one_gene(tmp_path: Path) -> None:
    plain, versioned = "ENSG00000200000", "ENSG00000200000.3"
    one = [(name, plain, label, split) for name, gene, label, split in rows() if gene == "TP53"]
    other = [(name, versioned, label, split) for name, _, label, split in one]
    dataset = table(tmp_path, [*one, *other[:2]])
    assert dataset.rows()["gene"].unique().to_list() == ["ENSG00000200000"]
    assert dataset.notes == (
        f"Ensembl ids that are called by their symbol or without version: 1, e.g. {versioned} is {plain}",
        "Ensembl ids of which no symbol is known here: 1, e.g. ENSG00000200000",
        "pairs that stand there under another spelling too: 2; each counts once",
    )


def test_ensembl_ids_get_symbols_where_a_table_has_them(tmp_path: Path, tables: bool) -> None:
    dataset = table(tmp_path, rows(("ENSG00000122406.14", "TP53", 1, "train")))
    assert (("RPL5" if tables else "ENSG00000122406"), "TP53") in pairs(dataset)


def test_aliases_get_approved_symbols_where_a_table_has_them(tmp_path: Path, tables: bool) -> None:
    dataset = table(tmp_path, rows(("L5", "GRP78", 1, "train")))
    assert ("RPL5" if tables else "L5", "HSPA5" if tables else "GRP78") in pairs(dataset)
    said = "aliases that are called by their approved symbol: 2, e.g. GRP78 is HSPA5"
    assert (said in dataset.notes) == tables


def test_an_alias_of_several_genes_stays_and_is_said(tmp_path: Path, tables: bool) -> None:
    dataset = table(tmp_path, rows(("L5L", "TP53", 1, "train")))
    assert ("L5L", "TP53") in pairs(dataset)
    said = "aliases of several genes that stay as they are: 1, e.g. L5L (RPL11 or RPL23)"
    assert (said in dataset.notes) == tables


def test_dates_are_named_and_not_guessed(tmp_path: Path) -> None:
    dates = [("9-Sep", "1-Mar", 1, "train"), ("9-Sep", "43891", 1, "train")]
    dataset = table(tmp_path, rows(*dates))
    assert {pair[:2] for pair in dates} <= set(pairs(dataset))
    (said,) = dataset.notes
    assert said.startswith("names that a spreadsheet may have made dates of; they stay as they are")
    assert said.endswith(": 3 (1-Mar, 43891, 9-Sep)")


def test_mouse_symbols_are_said_and_mapped_on_request(tmp_path: Path) -> None:
    written = [(name.title(), gene.title(), label, split) for name, gene, label, split in rows()]
    assert "Mdm2" in {name for name, _ in pairs(table(tmp_path, written))}
    dataset = table(tmp_path, written)
    dataset.rows()
    assert dataset.notes[0].startswith("names that look like mouse symbols and stay as they are")


def test_mouse_symbols_as_human_ones(tmp_path: Path, tables: bool) -> None:
    written = [(name.title(), gene.title(), label, split) for name, gene, label, split in rows()]
    dataset = table(tmp_path, written, names="mouse-as-human")
    assert (pairs(dataset) == PLAIN) == tables


def test_mouse_symbols_as_their_human_orthologs(tmp_path: Path, tables: bool) -> None:
    """Trp53 is no symbol of TP53 but by the table of orthologs; the other genes have the same letters."""
    if not tables:
        return
    mouse = {gene: "Trp53" if gene == "TP53" else gene.title() for gene in (*TRAIN, *TEST, *GENES)}
    written = [(mouse[name], mouse[gene], label, split) for name, gene, label, split in rows()]
    orthologs = gzip.compress(b"mouse\thuman\nTrp53\tTP53\nAtf4\tATF4\n")
    (tmp_path / "data" / "kg" / "mouse_orthologs.tsv.gz").write_bytes(orthologs)
    dataset = table(tmp_path, written, names="mouse-as-human")
    assert pairs(dataset) == PLAIN
    assert "mouse symbols that are taken for the human ortholog: 2, e.g. Atf4 is ATF4" in dataset.notes
    asked = ("eval", "-d", "table:t.csv", "--species", "mouse", "-s", "constant")
    said = run_here(*asked, cwd=tmp_path, CORE_HARNESS_DATA=str(tmp_path / "data"))
    assert "human ortholog: 2" in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    ("written", "gene"),
    [("RPL5+ctrl", "RPL5"), ("ctrl+RPL5", "RPL5"), ("RPL5_sg1", "RPL5"), ("RPL5-P1P2", "RPL5")],
)
def test_one_gene_with_an_ending_is_that_gene(tmp_path: Path, written: str, gene: str) -> None:
    dataset = table(tmp_path, rows((written, "TP53", 1, "train"), ("RPL5", "TP53", 1, "train")))
    assert pairs(dataset) == sorted([*PLAIN, (gene, "TP53")])
    assert any(f"e.g. {written} is {gene}" in note for note in dataset.notes)


def test_a_combination_is_one_in_either_order_and_without_its_own_genes(tmp_path: Path) -> None:
    combined = [
        ("RPL5+RPL11", "TP53", 1, "train"),
        ("RPL11+RPL5", "TP53", 1, "train"),
        ("RPL11;RPL5", "RPL5", 1, "train"),
        ("RPL11+RPL5", "RPL11", 1, "train"),
        ("MDM2+ctrl", "mdm2", 1, "train"),
    ]
    dataset = table(tmp_path, rows(*combined))
    assert pairs(dataset) == sorted([*PLAIN, ("RPL11+RPL5", "TP53")])
    assert "pairs of a perturbation with its own gene left out: 3, e.g. MDM2+ctrl on mdm2" in dataset.notes


def test_a_self_pair_under_an_alias_is_left_out(tmp_path: Path, tables: bool) -> None:
    found = pairs(table(tmp_path, rows(("L5", "RPL5", 1, "train"), ("MLL", "TP53", 1, "train"))))
    assert (("L5", "RPL5") in found) != tables


@pytest.mark.parametrize(
    ("train", "test", "known_without"),
    [
        ("mdm2", "MDM2", True),
        ("RPL5_sg1", "RPL5_sg2", True),
        ("MLL", "KMT2A", False),
        ("ENSG00000141510.1", "ENSG00000141510.2", True),
        ("ENSG00000141510", "TP53", False),
        ("RPL5+RPL11", "RPL11+RPL5", True),
        ("RPL5+ctrl", "RPL5", True),
    ],
)
def test_one_perturbation_in_both_splits_is_refused(
    tmp_path: Path, train: str, test: str, known_without: bool, tables: bool
) -> None:
    written = [
        (name, gene, 0, split)
        for name, split in [(train, "train"), (test, "test"), ("A", "train"), ("B", "test")]
        for gene in ("HSPA5", "VIM")
    ]
    if not (tables or known_without):
        assert table(tmp_path, written).rows().height == 8
        return
    with pytest.raises(LeakError) as caught:
        table(tmp_path, written).rows()
    assert f"1 perturbation stands in train and in test under two spellings ({train} and {test})" in str(
        caught.value
    )
    assert "-p dataset.names=written" in str(caught.value)
    kept = table(tmp_path, written, names="written")
    assert {train, test} <= set(kept.rows()["perturbation"])
    assert any(f"under two spellings: 1 ({train} and {test})" in note for note in kept.notes)


def test_spellings_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"RPL5_sg1 on TP53 \(row 10\) and RPL5_sg2 on TP53 \(row 11\)"):
        table(tmp_path, rows(("RPL5_sg1", "TP53", 1, "train"), ("RPL5_sg2", "TP53", 0, "train"))).rows()


def test_names_of_drugs_are_left_alone(tmp_path: Path) -> None:
    drugs = [(name, gene, 1, "train") for name in ("(+)-JQ1", "control", "A+B", "7-Mar") for gene in GENES]
    dataset = table(tmp_path, rows(*drugs), agent="drug")
    assert {name for name, *_ in drugs} <= {name for name, _ in pairs(dataset)}
    assert dataset.notes == ()


@pytest.mark.parametrize("names", ["approved", "written"])
def test_predictions_are_matched_under_any_spelling(tmp_path: Path, names: str, tables: bool) -> None:
    dataset = table(
        tmp_path, rows(("RPL5+RPL11", "TP53", 1, "train"), ("RPL5", "TP53", 0, "train")), names=names
    )
    measured = dataset.rows()
    spellings = {"RPL5_sg1": "RPL5", "rpl11;RPL5": "RPL5+RPL11", "6125": "RPL5", "MLL": "KMT2A", "X": "X"}
    for spelling, name in spellings.items():
        predicted = pl.DataFrame({"perturbation": [spelling], "gene": ["tp53"]})
        found = match_names(predicted, measured, agent="knockdown")
        called = "RPL11+RPL5" if names == "approved" and "+" in name else name
        wanted = called if tables or spelling not in {"6125", "MLL"} else spelling
        assert found.rows.row(0) == (wanted, "TP53")


NAME = st.sampled_from(
    ["RPL5", "rpl5", "RPL5_sg1", "MLL", "RPL5+RPL11", "RPL11+RPL5", "NTC", "1-Mar", "A", "HLA-A"]
)
FRAMES = st.lists(st.tuples(NAME, NAME), unique=True, max_size=20).map(
    lambda found: pl.DataFrame(
        [("c", *pair, 1, "train", row) for row, pair in enumerate([*found, ("TP53", "RPL5")])],
        schema={**ROWS, "row": pl.UInt32},
        orient="row",
    )
)


@given(FRAMES, st.randoms(use_true_random=False))
def test_bringing_together_twice_is_once_in_any_order(frame: pl.DataFrame, random: object) -> None:
    def together(written: pl.DataFrame) -> pl.DataFrame:
        found = bring_together(written, "t", agent="knockdown", naming="approved").rows
        return found.sort(found.columns)

    once = together(frame)
    assert together(once).equals(once)
    assert together(frame.sample(fraction=1, shuffle=True, seed=random.getrandbits(32))).equals(once)  # type: ignore[attr-defined]


def test_what_each_name_is_can_be_printed(tmp_path: Path, tables: bool) -> None:
    table(tmp_path, [("RPL5_sg1", "GRP78", 1, "train"), ("NTC", "TP53", 0, "test")])
    printed = run_here("data", "names", "t.csv", cwd=tmp_path, CORE_HARNESS_DATA=str(tmp_path / "data"))
    assert printed.stdout.splitlines() == [
        "column,written,kind,name",
        "perturbation,NTC,control,",
        "perturbation,RPL5_sg1,guide,RPL5",
        f"gene,GRP78,{'alias,HSPA5' if tables else 'unknown,GRP78'}",
        f"gene,TP53,{'approved' if tables else 'unknown'},TP53",
    ]
    as_json = run_here("data", "names", "t.csv", "--json", cwd=tmp_path)
    assert json.loads(as_json.stdout)["names"][0]["written"] == "NTC"
