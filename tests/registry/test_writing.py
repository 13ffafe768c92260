"""A strategy is added to a user registry, and nothing else in the file changes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import RegistryError, UsageError
from core_harness.plugins.registries import open_registry
from core_harness.registry.entries import StrategyEntry, Tuned, UserRegistry
from core_harness.registry.writing import check_target, with_strategy, write_strategy

MINE = """# what I use
schema_version = 1

[strategies.old]  # a first try
summary = "a [strategies.new] that is none"
retriever = "kg"
organizer = "voters"
aggregator = "vote"
parameters = { aggregator = { power = 2 } }

[strategies."old.er"]
summary = "another"
retriever = "none"
organizer = "none"
aggregator = "constant"

[datasets.mine]  # the last table
summary = "my screen"
component = "table"
parameters = { path = "screen.csv" }"""

text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    text, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
parameters = st.dictionaries(
    st.sampled_from(["retriever", "organizer", "aggregator"]), st.dictionaries(text, scalars, max_size=3)
)
entry_names = st.from_regex(r"[a-z0-9][a-z0-9_./-]{0,8}", fullmatch=True)


def entry(**changes: Any) -> StrategyEntry:
    tuned = Tuned(
        strategy="voting",
        datasets={"perturbqa/k562": "0" * 64},
        tried=3,
        folds=5,
        seed=0,
        criterion="log_loss",
        value=0.25,
        version="0.1.0",
    )
    stages = {"retriever": "kg", "organizer": "voters", "aggregator": "vote"}
    return StrategyEntry(**{"summary": "tuned", **stages, "tuned": tuned, **changes})


@given(entry_names, text, parameters)
def test_what_is_written_is_read_again_and_the_rest_stays(
    name: str, summary: str, given_parameters: dict[str, Any]
) -> None:
    new = entry(summary=summary, parameters=given_parameters)
    written = with_strategy(MINE, name, new, "mine.toml")
    content = tomllib.loads(written)
    assert UserRegistry.model_validate(content).strategies[name] == new
    before = tomllib.loads(MINE)
    assert content["datasets"] == before["datasets"]
    others = {key: value for key, value in content["strategies"].items() if key != name}
    assert others == {key: value for key, value in before["strategies"].items() if key != name}
    again = with_strategy(written, name, entry(), "mine.toml")
    assert UserRegistry.model_validate(tomllib.loads(again)).strategies[name] == entry()


def test_text_stays_and_only_the_tables_of_a_replaced_strategy_go() -> None:
    assert with_strategy(MINE, "new", entry(), "mine.toml").startswith(MINE)
    replaced = with_strategy(MINE, "old", entry(), "mine.toml")
    first, _, rest = MINE.partition("[strategies.old]  # a first try\n")
    kept = rest[rest.index('[strategies."old.er"]') :]
    assert replaced.startswith(first + kept)
    assert replaced.count("[strategies.old]") == 1
    assert replaced.endswith('value = 0.25\nversion = "0.1.0"\n')


@pytest.mark.parametrize(
    "inline",
    [
        (
            'schema_version = 1\nstrategies = { old = { summary = "s", retriever = "kg", organizer = "o", '
            'aggregator = "a" } }\n'
        ),
        (
            'schema_version = 1\n[strategies]\nold.summary = "s"\nold.retriever = "kg"\nold.organizer = "o"\n'
            'old.aggregator = "a"\n'
        ),
    ],
)
def test_what_is_not_written_as_tables_is_left_to_its_author(inline: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(inline)
    with pytest.raises(RegistryError, match="add 'old' by hand, or write to another file"):
        write_strategy(path, "old", entry(), replace=True)
    assert path.read_text() == inline
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_made_extended_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_strategy(path, "one", entry())
    write_strategy(path, "two", entry(summary="second"))
    registry = open_registry(path)
    assert registry.strategies["one"] == entry()
    assert registry.strategies["two"].summary == "second"
    with pytest.raises(UsageError, match="has a strategy 'one'; add --replace"):
        write_strategy(path, "one", entry(summary="third"))
    write_strategy(path, "one", entry(summary="third"), replace=True)
    assert open_registry(path).strategies["one"].summary == "third"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_and_the_ends_of_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(MINE.replace("\n", "\r\n").encode())
    (link := tmp_path / "link.toml").symlink_to(path)
    write_strategy(link, "new", entry())
    assert link.is_symlink()
    assert path.read_bytes().startswith(MINE.replace("\n", "\r\n").encode())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Voting", MINE, "'Voting' is not a name; use lower-case letters"),
        ("voting", MINE, "'voting' is a shipped name; call yours otherwise"),
        ("old", MINE, "has a strategy 'old'; add --replace, or choose another name"),
        ("new", "schema_version = 1\nstrategy = 3\n", "key strategy: there is no such key"),
        ("new", "schema_version = ", "not valid TOML"),
        ("new", b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_at_once(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((UsageError, RegistryError), match=message):
        check_target(path, name, replace=False)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no folder"):
        check_target(tmp_path / "none" / "mine.toml", "new", replace=False)
