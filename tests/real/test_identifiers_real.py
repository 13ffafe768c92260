"""Names of real tables: HGNC's symbols, PerturbQA's genes, and small tables that once failed."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from core_harness.data.tables.known_names import known_names
from core_harness.errors import LeakError
from core_harness.knowledge import Symbols
from core_harness.knowledge.names import Known, recognise
from core_harness.knowledge.readers import read_aliases
from core_harness_plugins.datasets.table import Table

pytestmark = [pytest.mark.real, pytest.mark.slow]

BESIDE = Path(__file__).parents[3] / "shared"
DATA = Path(os.environ.get("CORE_HARNESS_DATA", BESIDE / "data"))
CASES = DATA.parent / "cases" / "tables"
ALIASES = DATA / "kg" / "hgnc_alias_to_approved.tsv.gz"


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    if not ALIASES.exists():
        pytest.skip(f"{ALIASES} is not there")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(DATA))


@pytest.fixture
def symbols() -> Symbols:
    return Symbols.of(read_aliases(ALIASES, alias_column="Symbol", approved_column="Approved.Symbol"))


@pytest.mark.parametrize("perturbations", [True, False])
def test_no_approved_symbol_of_hgnc_is_changed(symbols: Symbols, perturbations: bool) -> None:
    names = symbols.table["approved"].unique().to_list()
    found = recognise(names, Known.of(symbols), perturbations=perturbations)
    changed = [name for name, one in found.items() if one != ("approved", name)]
    assert changed == (["AAVS1"] if perturbations else [])  # a site of integration, and a control


def test_names_of_perturbqa_are_what_the_graph_calls_them(symbols: Symbols) -> None:
    rows = pl.read_csv(DATA / "perturbqa" / "k562-de.csv", infer_schema=False)
    for column in ("pert", "gene"):
        names = rows[column].unique().sort()
        found = recognise(names.to_list(), known_names(), perturbations=column == "pert")
        assert [one.name for one in found.values()] == symbols.approve(names).to_list()


def test_ensembl_ids_get_their_symbols() -> None:
    found = recognise(["ENSG00000141510.18", "ENSG00000146648"], known_names(), perturbations=True)
    assert [one.name for one in found.values()] == ["TP53", "EGFR"]


SAID = {
    "names-ensembl": "Ensembl ids",
    "names-mouse-case": "mouse symbols and stay as they are",
    "names-two-genes-plus": "combinations of genes",
    "names-gene-plus-ctrl": "genes with a control, called by the gene alone: 30",
    "genes-ensembl-versions-mixed": "Ensembl ids",
    "names-made-dates-by-excel": "5 (1-Mar, 2-Sep, 43891, 9-Sep, Mar-02)",
    "controls-among-perturbations": "controls among the perturbations left out: NTC, non-targeting, 40 rows",
    "self-pair-in-combination": "pairs of a perturbation with its own gene left out: 3",
}


@pytest.mark.parametrize("case", SAID)
def test_small_tables_that_failed_are_read_with_a_word(case: str) -> None:
    path = CASES / f"{case}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    dataset = Table(path=str(path))
    rows = dataset.rows()
    assert any(SAID[case] in note for note in dataset.notes)
    assert rows["gene"].n_unique() == 20
    assert rows["perturbation"].n_unique() == 30


@pytest.mark.parametrize(("case", "number"), [("leak-by-case", 1), ("leak-by-guide", 30)])
def test_small_tables_that_leak_are_refused(case: str, number: int) -> None:
    path = CASES / f"{case}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with pytest.raises(LeakError, match=rf": {number} perturbations? stands? in train and in test"):
        Table(path=str(path)).rows()
