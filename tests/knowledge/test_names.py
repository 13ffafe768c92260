"""What a name is, with tables of names and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_names import ALIASES, known, symbols

from core_harness.knowledge.names import Known, Name, looks_of, parts, recognise

KNOWN = known()
NOTHING = Known()


def of(name: str, tables: Known = KNOWN, *, among: tuple[str, ...] = (), mouse: bool = False) -> Name:
    found = recognise([name, "x1", "x2"], tables, perturbations=True, among=among, mouse_as_human=mouse)
    return found[name]


@pytest.mark.parametrize(
    ("name", "kind", "becomes"),
    [
        ("TP53", "approved", "TP53"),
        ("HLA-A", "approved", "HLA-A"),
        ("NKX2-1", "approved", "NKX2-1"),
        ("C4B_2", "approved", "C4B_2"),
        ("CTRL", "approved", "CTRL"),
        ("TTF1", "approved", "TTF1"),
        ("MLL", "alias", "KMT2A"),
        ("MARCH1", "alias", "MARCHF1"),
        ("L5L", "ambiguous", "L5L"),
        ("ENSG00000141510", "ensembl", "TP53"),
        ("ENSG00000141510.18", "ensembl", "TP53"),
        ("ENSG00000118058", "ensembl", "KMT2A"),
        ("ENSG00000999999.3", "ensembl", "ENSG00000999999"),
        ("ENSMUSG00000059552.14", "ensembl", "ENSMUSG00000059552"),
        ("rpl5", "case", "RPL5"),
        ("C1ORF112", "case", "C1orf112"),
        ("Trp53", "mouse", "Trp53"),
        ("2310011J03Rik", "mouse", "2310011J03Rik"),
        ("RPL5+ctrl", "with control", "RPL5"),
        ("ctrl+RPL5", "with control", "RPL5"),
        ("RPL5_ctrl", "with control", "RPL5"),
        ("RPL5_sg1", "guide", "RPL5"),
        ("rpl5-sgRNA2", "guide", "RPL5"),
        ("RPL5-P1P2", "guide", "RPL5"),
        ("RPL5_2", "guide", "RPL5"),
        ("C4B_2_sg1", "guide", "C4B_2"),
        ("HLA-A_2", "guide", "HLA-A"),
        ("non-targeting", "control", "non-targeting"),
        ("non-targeting_00012", "control", "non-targeting_00012"),
        ("NTC", "control", "NTC"),
        ("ctrl", "control", "ctrl"),
        ("control", "control", "control"),
        ("safe-targeting", "control", "safe-targeting"),
        ("AAVS1", "control", "AAVS1"),
        ("ctrl+ctrl", "control", "ctrl+ctrl"),
        ("1-Mar", "date", "1-Mar"),
        ("2-Sep", "date", "2-Sep"),
        ("Sep-02", "date", "Sep-02"),
        ("2023-03-01", "date", "2023-03-01"),
        ("43891", "date", "43891"),
        ("RPL5+RPL11", "combination", "RPL11+RPL5"),
        ("RPL5_RPL11", "combination", "RPL11+RPL5"),
        ("RPL5;MLL", "combination", "KMT2A+RPL5"),
        ("RPL5_sg1+rpl11_sg2", "combination", "RPL11+RPL5"),
        ("RPL5+RPL5", "guide", "RPL5"),
        ("CTRL+RPL5", "combination", "CTRL+RPL5"),
        ("anything", "unknown", "anything"),
        ("NKX2-9", "unknown", "NKX2-9"),
        ("7157", "unknown", "7157"),
        ("+", "unknown", "+"),
    ],
)
def test_a_name_is_what_it_is(name: str, kind: str, becomes: str) -> None:
    assert of(name) == (kind, becomes)


@pytest.mark.parametrize(
    ("name", "kind", "becomes"),
    [
        ("RPL5", "unknown", "RPL5"),
        ("CTRL", "unknown", "CTRL"),
        ("C4B_2", "unknown", "C4B_2"),
        ("NKX2-1", "unknown", "NKX2-1"),
        ("RPL5_RPL11", "unknown", "RPL5_RPL11"),
        ("RPL5_sg1", "guide", "RPL5"),
        ("RPL5+ctrl", "with control", "RPL5"),
        ("RPL5+RPL11", "combination", "RPL11+RPL5"),
        ("NTC_3", "control", "NTC_3"),
        ("1-Mar", "date", "1-Mar"),
        ("ENSG00000141510.18", "ensembl", "ENSG00000141510"),
        ("Trp53", "mouse", "Trp53"),
    ],
)
def test_what_needs_no_table_is_known_without(name: str, kind: str, becomes: str) -> None:
    assert of(name, NOTHING) == (kind, becomes)


@pytest.mark.parametrize(
    ("name", "beside", "kind", "becomes"),
    [
        ("rpl5", "RPL5", "case", "RPL5"),
        ("Rpl5", "RPL5_sg1", "case", "RPL5"),
        ("RPL5_2", "RPL5", "guide", "RPL5"),
        ("RPL5", "rpl5", "unknown", "RPL5"),
    ],
)
def test_other_names_of_the_table_tell_too(name: str, beside: str, kind: str, becomes: str) -> None:
    assert of(name, NOTHING, among=(beside,)) == (kind, becomes)


def test_mouse_symbols_are_mapped_on_request_only() -> None:
    assert of("Rpl5", mouse=True) == ("mouse", "RPL5")
    assert of("Trp53", mouse=True) == ("mouse", "TP53")
    assert of("Gm123", mouse=True) == ("mouse", "Gm123")


def test_mouse_symbols_are_those_of_human_orthologs_where_a_table_has_them() -> None:
    """The ortholog wins over the letters, by its approved symbol; a human symbol stays."""
    tables = Known.of(symbols(), orthologs={"Mll1": "MLL", "Rpl5": "RPL11", "TP53": "MDM2"})
    assert of("Mll1", tables, mouse=True) == ("ortholog", "KMT2A")
    assert of("Rpl5", tables, mouse=True) == ("ortholog", "RPL11")
    assert of("TP53", tables, mouse=True) == ("approved", "TP53")
    assert of("Trp53", tables, mouse=True) == ("mouse", "TP53")
    assert of("Mll1", tables) == ("mouse", "Mll1")


def test_numbers_are_ncbi_ids_where_most_names_are_numbers() -> None:
    found = recognise(["7157", "6125", "43891", "MLL"], KNOWN, perturbations=False)
    assert [one.name for one in found.values()] == ["TP53", "RPL5", "43891", "KMT2A"]


def test_genes_are_no_controls_guides_or_combinations() -> None:
    names = ["AAVS1", "RPL5_sg1", "RPL5+RPL11", "NTC"]
    found = recognise(names, KNOWN, perturbations=False)
    assert [one.name for one in found.values()] == names


@pytest.mark.parametrize(
    ("names", "look"),
    [
        (["ENSG00000141510", "ENSG00000122406"], "Ensembl identifiers"),
        (["Rpl5", "Rpl11"], "mouse symbols"),
        (["7157", "43891", "RPL5"], "NCBI gene ids"),
        (["A+B", "C+D"], "combinations"),
        (["A+ctrl", "C+ctrl"], "`GENE+ctrl`"),
        (["RPL5", "xyz"], None),
        ([], None),
    ],
)
def test_what_unknown_names_look_like(names: list[str], look: str | None) -> None:
    found = looks_of(names, KNOWN)
    assert (None if found is None else found[0]) == look


# ---------------------------------------------------------------- properties

GENES = [*ALIASES, "MLL", "P53", "L5L", "rpl5", "Rpl11", "NEW1", "new1", "ENSG00000141510.2", "A_B", "AAVS1"]
GENE = st.sampled_from(GENES)
WRITTEN = st.one_of(
    GENE,
    st.builds("{}{}".format, GENE, st.sampled_from(["_sg1", "-P1P2", "_2", "_g3", "+ctrl", ";", "-P1"])),
    st.builds("{}{}{}".format, GENE, st.sampled_from(["+", ";", "_"]), GENE),
    st.sampled_from(["ctrl", "NTC_1", "1-Mar", "43891", "7157", "+", "", "_", "non-targeting+RPL5"]),
    st.text("RPLrpl5_+-1;sg", max_size=8),
)
TABLE = st.sampled_from([KNOWN, NOTHING])


@given(st.lists(WRITTEN, unique=True), TABLE, st.booleans(), st.booleans())
def test_twice_is_once(names: list[str], tables: Known, perturbations: bool, mouse: bool) -> None:
    once = recognise(names, tables, perturbations=perturbations, mouse_as_human=mouse)
    called = sorted({one.name for one in once.values()})
    twice = recognise(called, tables, perturbations=perturbations, mouse_as_human=mouse)
    assert {name: one.name for name, one in twice.items()} == {name: name for name in called}


@given(st.lists(WRITTEN, unique=True), st.randoms(use_true_random=False), TABLE)
def test_the_order_of_names_does_not_matter(names: list[str], random: object, tables: Known) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert recognise(shuffled, tables, perturbations=True) == recognise(names, tables, perturbations=True)


@given(st.lists(WRITTEN, unique=True), st.booleans(), st.booleans())
def test_no_approved_symbol_is_changed(names: list[str], perturbations: bool, mouse: bool) -> None:
    found = recognise([*names, *ALIASES], KNOWN, perturbations=perturbations, mouse_as_human=mouse)
    assert all(found[symbol] == ("approved", symbol) for symbol in ALIASES)


@given(GENE, GENE, st.sampled_from("+;"), TABLE)
def test_a_combination_has_no_order(one: str, other: str, mark: str, tables: Known) -> None:
    ways = [f"{one}{mark}{other}", f"{other}{mark}{one}"]
    there, back = (
        (name for _, name in recognise(ways, tables, perturbations=True).values())
        if (one != other)
        else ("same", "same")
    )
    assert there == back
    assert parts(there) == sorted(set(parts(there)))
