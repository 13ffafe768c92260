"""The graph on disk: built once from its sources, then opened from a columnar cache.

``cache/graphs/<digest>/`` holds Parquet files of each layer, one of the table of symbols, and
``SHA256SUMS`` over them. The digest is that of the sources' bytes and of what the registry says about
them: a changed file or registry is another graph, and nothing in the cache is ever out of date.
"""

from __future__ import annotations

import errno
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge import rdf
from core_harness.knowledge.files import read_bytes
from core_harness.knowledge.layer_source import AliasSource, LayerSource, faults_of
from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.readers import (
    read_aliases,
    read_annotations,
    read_edges,
    read_gmt,
    read_modules,
    read_words,
)
from core_harness.knowledge.set_names import read_set_names
from core_harness.knowledge.symbols import Symbols
from core_harness.knowledge.words import words_of_names

_FORMAT = 2
"""Raise it whenever the same sources are read or stored differently."""

_SYMBOLS = "symbols.parquet"
_SUMS = "SHA256SUMS"


def open_graph(
    folder: Path, layers: Sequence[LayerSource], aliases: AliasSource | None, cache: Path
) -> Graph:
    """Return the graph of ``layers``, its symbols brought to the approved names of ``aliases``.

    Parameters
    ----------
    folder
        The data folder, to which the sources' file names are relative.
    layers
        At least one, in the order in which the graph is to have them.
    aliases
        None keeps all symbols as the files have them.
    cache
        Written on the first call, all at once; only hashed and read on later ones. A damaged entry is
        written again.

    Raises
    ------
    MissingDataError
        A source is not there.
    DataError
        A source cannot be used, two layers have one name, one is made of layers that are not there, or the
        cache cannot be written.
    """
    for name, fault in faults_of(layers):
        raise DataError(f"layer {name!r}, 'of': {fault}")
    digest = _digest(folder, layers, aliases)
    home = cache / "graphs" / digest
    graph = _load(home, layers, digest)
    if graph is None:
        graph = _build(folder, layers, aliases, digest)
        _store(graph, home)
    return graph


def read_layer(source: LayerSource, path: Path, symbols: Symbols) -> Layer:
    """Return a layer that has a file, the one at ``path``, with approved symbols."""
    rows = _read_rows(source, path)
    if source.kind == "edges":
        links = rows.with_columns(symbols.approve(rows[end]) for end in "ab")
        return Layer.edges(source.name, links, date=source.date)
    memberships = rows.with_columns(symbols.approve(rows["gene"]))
    return Layer.sets(source.name, memberships, names=read_set_names(source, path), date=source.date)


def _read_rows(source: LayerSource, path: Path) -> pl.DataFrame:
    if source.rdf is not None:
        return rdf.read_rows(path, source.rdf, divisor=source.divisor)
    if source.reader == "edges":
        a, b, *scores = source.columns
        return read_edges(path, gene_columns=(a, b), score_columns=scores, divisor=source.divisor)
    if source.reader == "annotations":
        set_column, gene_column = source.columns
        return read_annotations(
            path,
            set_column=set_column,
            gene_column=gene_column,
            where=source.where,
            evidence_column=source.evidence,
            date_column=source.dates,
        )
    if source.reader == "words":
        text_column, gene_column = source.columns
        return read_words(path, text_column=text_column, gene_column=gene_column)
    return read_gmt(path) if source.reader == "gmt" else read_modules(path)


def stored_at(graph: Graph, cache: Path) -> Path:
    """Return the folder of the cache in which :func:`open_graph` keeps the graph."""
    return cache / "graphs" / graph.digest


def _build(folder: Path, layers: Sequence[LayerSource], aliases: AliasSource | None, digest: str) -> Graph:
    symbols = Symbols.none()
    if aliases is not None:
        alias, approved = aliases.columns
        symbols = Symbols.of(
            read_aliases(folder / aliases.file, alias_column=alias, approved_column=approved)
        )
    made = {
        source.name: read_layer(source, folder / source.file, symbols)
        for source in layers
        if source.file is not None
    }
    for source in layers:
        if source.of:
            made[source.name] = words_of_names(source.name, [made[part] for part in source.of], source.date)
    return Graph(tuple(made[source.name] for source in layers), digest, symbols)


def _digest(folder: Path, layers: Sequence[LayerSource], aliases: AliasSource | None) -> str:
    sources: list[LayerSource | AliasSource] = [*layers, *([aliases] if aliases is not None else [])]
    named = {source.file for source in sources if source.file is not None}
    files = {file: hashlib.sha256(read_bytes(folder / file)).hexdigest() for file in sorted(named)}
    content = {"format": _FORMAT, "sources": [source.model_dump() for source in sources], "files": files}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _load(home: Path, layers: Sequence[LayerSource], digest: str) -> Graph | None:
    """Return the stored graph, or None where it is not there or not as it was written."""
    if not _is_whole(home, [_file_of(*part) for source in layers for part in _parts_of(source)]):
        return None
    symbols = Symbols.of(pl.read_parquet(home / _SYMBOLS))
    return Graph(tuple(_load_layer(home, source) for source in layers), digest, symbols)


def _load_layer(home: Path, source: LayerSource) -> Layer:
    frames: dict[str, Any] = {
        part: pl.read_parquet(home / _file_of(name, part)) for name, part in _parts_of(source)
    }
    of = tuple(sorted(source.of))
    return Layer(name=source.name, kind=source.kind, date=source.date, of=of, **frames)


def _parts_of(source: LayerSource) -> Iterator[tuple[str, str]]:
    """Yield the name of a layer with that of each frame it has."""
    yield source.name, "frame"
    if source.annotated:
        yield source.name, "annotations"
    if source.names is not None:
        yield source.name, "names"


def _store(graph: Graph, home: Path) -> None:
    frames = {
        _file_of(layer.name, part): frame
        for layer in graph.layers
        for part in ("frame", "annotations", "names")
        if (frame := getattr(layer, part)) is not None
    }
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".new-") as scratch:
            new = Path(scratch, "graph")
            new.mkdir()
            for file, frame in frames.items():
                frame.write_parquet(new / file)
            graph.symbols.table.write_parquet(new / _SYMBOLS)
            (new / _SUMS).write_bytes(_sums(new, list(frames)))
            if home.exists() and not _is_whole(home, list(frames)):
                home.rename(Path(scratch, "damaged"))
            _rename_unless_there(new, home)
    except OSError as error:
        raise DataError(
            f"the knowledge graph cannot be stored in {home.parent}: {error.strerror}; make room there, or "
            "choose another cache folder"
        ) from None


def _rename_unless_there(new: Path, home: Path) -> None:
    try:
        new.rename(home)
    except OSError as error:  # another process was quicker, with the same content
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise


def _is_whole(home: Path, files: Sequence[str]) -> bool:
    try:
        return (home / _SUMS).read_bytes() == _sums(home, files)
    except OSError:
        return False


def _sums(home: Path, files: Sequence[str]) -> bytes:
    """Return what ``sha256sum`` writes about these files of layers and that of the symbols."""
    return "".join(
        f"{hashlib.sha256((home / file).read_bytes()).hexdigest()}  {file}\n" for file in [*files, _SYMBOLS]
    ).encode()


def _file_of(layer: str, part: str) -> str:
    return f"layer-{layer}.parquet" if part == "frame" else f"{part}-{layer}.parquet"
