"""The ``[[source]]`` tables: what they promise to the layers and datasets, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from publisher import KG

from core_harness.data.sources.convert import _CONVERSIONS
from core_harness.data.sources.pull import choose
from core_harness.errors import RegistryError, UsageError
from core_harness.registry.loading import parse_registry, shipped_registry


def test_names_choose_sources_and_collections() -> None:
    sources = shipped_registry().source
    kg = [source.name for source in sources if source.collection == "kg"]
    assert [s.name for s in choose(sources, ["kg"])] == kg
    assert [s.name for s in choose(sources, ["go", "perturbqa", "go"])] == ["perturbqa", "go"]
    assert choose(sources, ["all"]) == list(sources)
    with pytest.raises(UsageError, match="unknown source 'strng'; did you mean 'string'"):
        choose(sources, ["strng"])


def test_every_layer_has_a_source_with_its_licence() -> None:
    registry = shipped_registry()
    assert registry.aliases is not None
    assert registry.identifiers is not None
    licences = {file: source.licence for source in registry.source for file in source.files}
    tables = [(table.file, table.licence) for table in (registry.aliases, registry.identifiers)]
    layers = [(layer.file, layer.licence) for layer in registry.layer if layer.file is not None]
    for file, licence in (*tables, *layers):
        assert licences[file] == licence


def test_every_dataset_of_perturbqa_has_its_files() -> None:
    registry = shipped_registry()
    files = {file for source in registry.source for file in source.files}
    lines = {
        entry.parameters["line"] for entry in registry.datasets.values() if entry.component == "perturbqa"
    }
    assert {f"perturbqa/{line}-{question}.csv" for line in lines for question in ("de", "dir")} <= files


def test_every_step_of_the_registry_exists_and_is_tried_here() -> None:
    used = {source.convert for source in shipped_registry().source if source.convert}
    assert used == set(_CONVERSIONS)
    kg = [source for source in shipped_registry().source if source.collection == "kg"]
    assert {f"/{d.url.removeprefix('https://')}" for source in kg for d in source.downloads} == set(KG)


def test_the_documentation_tells_of_every_source_and_file() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    for source in shipped_registry().source:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{source.name}` | `"))
        assert source.licence in row
        assert source.release.removeprefix("branch ").removeprefix("commit ") in row
        if source.name != "perturbqa":  # written with braces there
            assert all(f"`{file}`" in page for file in source.files)


SOURCE = """schema_version = 1
datasets = {}
strategies = {}
[[source]]
name = "one"
collection = "screens"
summary = "a screen"
release = "1"
licence = "CC0-1.0"
terms = "https://data.example/licence"
megabytes = 1
downloads = [{ url = "https://data.example/one.csv" }]
files = ["screens/one.csv"]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("https://data.example/one.csv", "http://data.example/one.csv", "string should match pattern"),
        ("https://data.example/one.csv", "https://data.example/one.csv?raw=1", "string should match pattern"),
        ('"screens/one.csv"', '"../one.csv"', "must be a path inside the data folder"),
        ('"screens/one.csv"', '"/etc/one.csv"', "must be a path inside the data folder"),
        ('["screens/one.csv"]', '["a.csv", "b.csv"]', "has 1 downloads for 2 files and no 'convert'"),
        ('files = ["screens/one.csv"]', "files = []", "should have at least 1 item"),
        ("megabytes = 1", "megabytes = 0", "greater than 0"),
        ('release = "1"', 'release = "1"\nconvert = "unrar"', "convert"),
        ('.csv" }]', '.csv", sha256 = "12" }]', "sha256"),
        ("", SOURCE.partition("strategies = {}\n")[2], "source 'one' stands in two [[source]] tables"),
    ],
)
def test_a_source_that_is_not_valid_is_refused(old: str, new: str, message: str) -> None:
    assert parse_registry(SOURCE, "here").source[0].name == "one"
    with pytest.raises(RegistryError) as caught:
        parse_registry(SOURCE.replace(old, new, 1) if old else SOURCE + new, "registry.toml")
    assert message in str(caught.value)
