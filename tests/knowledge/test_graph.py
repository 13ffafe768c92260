from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core_harness.errors import DataError, MissingDataError
from core_harness.knowledge import AliasSource, Graph, LayerSource, open_graph

ABOUT = {"source": "made up", "licence": "CC0-1.0"}


def layer(name: str, reader: str, file: str, **options: Any) -> LayerSource:
    return LayerSource.model_validate({"name": name, "reader": reader, "file": file, **options, **ABOUT})


ALIASES = AliasSource(file="kg/aliases.tsv", columns=("old", "new"), source="made up", licence="CC0-1.0")
LAYERS = [
    layer("pathways", "gmt", "kg/pathways.gmt"),
    layer("modules", "modules", "kg/modules.tsv"),
    layer("process", "annotations", "kg/go.tsv.gz", columns=["term", "symbol"], where={"aspect": "BP"}),
    layer("component", "annotations", "kg/go.tsv.gz", columns=["term", "symbol"], where={"aspect": "CC"}),
    layer("links", "edges", "kg/links.tsv", columns=["a", "b", "score"], divisor=10),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    kg = tmp_path / "data" / "kg"
    kg.mkdir(parents=True)
    (kg / "aliases.tsv").write_text("old\tnew\nOLD\tNEW\nTWO\tX\nTWO\tY\n")
    (kg / "pathways.gmt").write_text("p1\tabout\tOLD\tNEW\tTWO\np2\tabout\tX\n")
    (kg / "modules.tsv").write_text(
        "\t".join(["id", *"bcdefghijk", "genes"]) + "\n7" + "\t" * 11 + "OLD\tX\t\t\n"
    )
    go = "symbol\taspect\tterm\nOLD\tBP\tT1\nX\tCC\tT2\nY\tCC\tT2\n"
    (kg / "go.tsv.gz").write_bytes(gzip.compress(go.encode()))
    (kg / "links.tsv").write_text("a\tb\tscore\nX\tOLD\t4\nNEW\tX\t9\nOLD\tNEW\t9\nY\tX\t10\n")
    return tmp_path / "data"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def stored(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "graphs").rglob("*") if path.is_file())


def assert_equal(one: Graph, other: Graph) -> None:
    assert one.digest == other.digest
    assert [(layer.name, layer.kind) for layer in one.layers] == [(a.name, a.kind) for a in other.layers]
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        assert mine.frame.equals(theirs.frame)
        assert mine.frame.schema == theirs.frame.schema
    assert one.symbols.table.equals(other.symbols.table)


def test_every_reader_becomes_a_layer_with_approved_symbols(data: Path, cache: Path) -> None:
    graph = open_graph(data, LAYERS, ALIASES, cache)
    assert {layer.name: (layer.kind, layer.frame.rows()) for layer in graph.layers} == {
        "pathways": ("sets", [("p1", "NEW"), ("p1", "TWO"), ("p2", "X")]),
        "modules": ("sets", [("7", "NEW"), ("7", "X")]),
        "process": ("sets", [("T1", "NEW")]),
        "component": ("sets", [("T2", "X"), ("T2", "Y")]),
        "links": ("edges", [("NEW", "X", 0.9), ("X", "Y", 1.0)]),
    }
    assert graph.symbols.approve(pl.Series(["OLD", "TWO"])).to_list() == ["NEW", "TWO"]
    assert graph.symbols.ambiguous["alias"].to_list() == ["TWO"]


def test_without_aliases_symbols_stay(data: Path, cache: Path) -> None:
    graph = open_graph(data, LAYERS[:1], None, cache)
    assert graph.layers[0].genes.to_list() == ["NEW", "OLD", "TWO", "X"]
    assert_equal(open_graph(data, LAYERS[:1], None, cache), graph)


def test_a_warm_graph_is_the_cold_one_and_comes_from_the_cache(data: Path, cache: Path) -> None:
    cold = open_graph(data, LAYERS, ALIASES, cache)
    assert_equal(open_graph(data, LAYERS, ALIASES, cache), cold)

    home = cache / "graphs" / cold.digest
    file = home / "layer-process.parquet"
    old = hashlib.sha256(file.read_bytes()).hexdigest()
    pl.DataFrame({"set": ["T1"], "gene": ["FORGED"]}).write_parquet(file)
    sums = home / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(old, hashlib.sha256(file.read_bytes()).hexdigest()))
    assert open_graph(data, LAYERS, ALIASES, cache).layers[2].genes.to_list() == ["FORGED"]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_a_damaged_cache_is_written_again(data: Path, cache: Path, damage: Callable[[Path], None]) -> None:
    graph = open_graph(data, LAYERS, ALIASES, cache)
    whole = {file: file.read_bytes() for file in stored(cache)}
    assert len(whole) == len(LAYERS) + 2
    for file in whole:
        damage(file)
        assert_equal(open_graph(data, LAYERS, ALIASES, cache), graph)
        assert {file: file.read_bytes() for file in stored(cache)} == whole
    assert [entry.name for entry in (cache / "graphs").iterdir()] == [graph.digest]


def test_the_digest_is_of_content_and_description_not_of_place_and_time(data: Path, cache: Path) -> None:
    digest = open_graph(data, LAYERS, ALIASES, cache).digest
    os.utime(data / "kg" / "links.tsv", (0, 0))
    moved = data.rename(data.parent / "moved")
    assert open_graph(moved, LAYERS, ALIASES, cache).digest == digest

    other = LAYERS[4].model_copy(update={"divisor": 20.0})
    digests = [
        digest,
        open_graph(moved, LAYERS, None, cache).digest,
        open_graph(moved, LAYERS[:4], ALIASES, cache).digest,
        open_graph(moved, LAYERS[::-1], ALIASES, cache).digest,
        open_graph(moved, [*LAYERS[:4], other], ALIASES, cache).digest,
    ]
    with (moved / "kg" / "links.tsv").open("a") as file:
        file.write("NEW\tY\t5\n")
    digests.append(open_graph(moved, LAYERS, ALIASES, cache).digest)
    assert len(set(digests)) == len(digests)
    assert open_graph(moved, LAYERS, ALIASES, cache).layers[4].frame.height == 3


def test_many_may_build_at_once(data: Path, cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        graphs = list(pool.map(lambda _: open_graph(data, LAYERS, ALIASES, cache), range(24)))
    for graph in graphs:
        assert_equal(graph, graphs[0])
    assert [entry.name for entry in (cache / "graphs").iterdir()] == [graphs[0].digest]


def test_a_missing_source_leaves_nothing_behind(data: Path, cache: Path) -> None:
    (data / "kg" / "links.tsv").unlink()
    with pytest.raises(MissingDataError, match=r"links\.tsv is not there"):
        open_graph(data, LAYERS, ALIASES, cache)
    assert not cache.exists()


def test_a_bad_source_leaves_nothing_behind(data: Path, cache: Path) -> None:
    (data / "kg" / "links.tsv").write_text("a\tb\tscore\nX\tY\tfar\n")
    with pytest.raises(DataError, match=r"links\.tsv, row 2, column 'score': 'far' is not a number"):
        open_graph(data, LAYERS, ALIASES, cache)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_one_clear_line(data: Path, cache: Path) -> None:
    cache.write_text("a file where a folder is wanted")
    with pytest.raises(DataError, match=r"cannot be stored in .*graphs: Not a directory; make room"):
        open_graph(data, LAYERS, ALIASES, cache)


def test_two_layers_of_one_name_are_refused(data: Path, cache: Path) -> None:
    with pytest.raises(DataError, match="two layers of the knowledge graph are called 'pathways'"):
        open_graph(data, [LAYERS[0], LAYERS[0]], ALIASES, cache)
