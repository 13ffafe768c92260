from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core_harness.knowledge import Symbols

NAMES = st.sampled_from([f"S{i}" for i in range(8)])
TABLES = st.lists(st.tuples(NAMES, NAMES), max_size=20).map(
    lambda rows: pl.DataFrame(rows, schema={"alias": pl.String, "approved": pl.String}, orient="row")
)


def symbols(*rows: tuple[str, str]) -> Symbols:
    return Symbols.of(pl.DataFrame(rows, schema={"alias": pl.String, "approved": pl.String}, orient="row"))


def approved(known: Symbols, *names: str) -> list[str]:
    return known.approve(pl.Series(names, dtype=pl.String)).to_list()


def test_an_alias_of_one_symbol_gets_its_name() -> None:
    known = symbols(("AARS1", "AARS1"), ("AARS", "AARS1"))
    assert approved(known, "AARS", "AARS1", "never heard of") == ["AARS1", "AARS1", "never heard of"]


def test_an_approved_symbol_is_never_remapped() -> None:
    known = symbols(("CAP", "LNPEP"), ("CAP", "CAP"))
    assert approved(known, "CAP") == ["CAP"]
    assert known.ambiguous.is_empty()


def test_an_alias_of_several_symbols_stays_and_is_listed() -> None:
    known = symbols(("P80", "COIL"), ("P80", "KATNB1"), ("P80", "COIL"))
    assert approved(known, "P80") == ["P80"]
    assert known.ambiguous.rows() == [("P80", ["COIL", "KATNB1"])]


def test_a_symbol_is_approved_by_standing_in_the_second_column() -> None:
    known = symbols(("OLD", "NEW"), ("NEW", "OTHER"))
    assert approved(known, "OLD", "NEW") == ["NEW", "NEW"]


def test_the_series_keeps_its_name_and_its_nulls() -> None:
    series = pl.Series("gene", ["OLD", None])
    assert symbols(("OLD", "NEW")).approve(series).to_list() == ["NEW", None]
    assert symbols(("OLD", "NEW")).approve(series).name == "gene"


@given(TABLES, st.lists(NAMES))
def test_approving_follows_the_rule_and_twice_is_once(table: pl.DataFrame, names: list[str]) -> None:
    known = Symbols.of(table)
    official = set(table["approved"])
    targets = {name: {b for a, b in table.rows() if a == name} for name in names}

    once = known.approve(pl.Series(names, dtype=pl.String))

    for name, new in zip(names, once, strict=True):
        if name in official or len(targets[name]) != 1:
            assert new == name
        else:
            assert {new} == targets[name]
    assert known.approve(once).to_list() == once.to_list()
    assert set(known.ambiguous["alias"]).isdisjoint(known.renamed["alias"])


@given(TABLES)
def test_the_order_of_the_table_does_not_matter(table: pl.DataFrame) -> None:
    shuffled = table.sample(fraction=1, shuffle=True, seed=1)
    assert Symbols.of(shuffled).renamed.equals(Symbols.of(table).renamed)
    assert Symbols.of(shuffled).ambiguous.equals(Symbols.of(table).ambiguous)
