"""The graph on disk: built once from its sources, then opened from a columnar cache.

``cache/graphs/<digest>/`` holds one Parquet file a layer, one of the table of symbols, and
``SHA256SUMS`` over them. The digest is that of the sources' bytes and of what the registry says about
them: a changed file or registry is another graph, and nothing in the cache is ever out of date.
"""

from __future__ import annotations

import errno
import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge import rdf
from core_harness.knowledge.files import read_bytes
from core_harness.knowledge.layer_source import AliasSource, LayerSource
from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.readers import read_aliases, read_annotations, read_edges, read_gmt, read_modules
from core_harness.knowledge.symbols import Symbols

_FORMAT = 1
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
        A source cannot be used, two layers have one name, or the cache cannot be written.
    """
    digest = _digest(folder, layers, aliases)
    home = cache / "graphs" / digest
    graph = _load(home, layers, digest)
    if graph is None:
        graph = _build(folder, layers, aliases, digest)
        _store(graph, home)
    return graph


def read_layer(source: LayerSource, folder: Path, symbols: Symbols) -> Layer:
    """Return one layer from its source, with approved symbols."""
    rows = _read_rows(source, folder / source.file)
    if source.kind == "edges":
        return Layer.edges(source.name, rows.with_columns(symbols.approve(rows[end]) for end in "ab"))
    return Layer.sets(source.name, rows.with_columns(symbols.approve(rows["gene"])))


def _read_rows(source: LayerSource, path: Path) -> pl.DataFrame:
    if source.rdf is not None:
        return rdf.read_rows(path, source.rdf, divisor=source.divisor)
    if source.reader == "edges":
        a, b, score = source.columns
        return read_edges(path, gene_columns=(a, b), score_column=score, divisor=source.divisor)
    if source.reader == "annotations":
        set_column, gene_column = source.columns
        return read_annotations(path, set_column=set_column, gene_column=gene_column, where=source.where)
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
    return Graph(tuple(read_layer(source, folder, symbols) for source in layers), digest, symbols)


def _digest(folder: Path, layers: Sequence[LayerSource], aliases: AliasSource | None) -> str:
    sources = [*layers, *([aliases] if aliases is not None else [])]
    files = {source.file: hashlib.sha256(read_bytes(folder / source.file)).hexdigest() for source in sources}
    content = {"format": _FORMAT, "sources": [source.model_dump() for source in sources], "files": files}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _load(home: Path, layers: Sequence[LayerSource], digest: str) -> Graph | None:
    """Return the stored graph, or None where it is not there or not as it was written."""
    if not _is_whole(home, [source.name for source in layers]):
        return None
    return Graph(
        tuple(
            Layer(
                name=source.name,
                kind=source.kind,
                frame=pl.read_parquet(home / _file_of(source.name)),
            )
            for source in layers
        ),
        digest,
        Symbols.of(pl.read_parquet(home / _SYMBOLS)),
    )


def _store(graph: Graph, home: Path) -> None:
    names = [layer.name for layer in graph.layers]
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".new-") as scratch:
            new = Path(scratch, "graph")
            new.mkdir()
            for layer in graph.layers:
                layer.frame.write_parquet(new / _file_of(layer.name))
            graph.symbols.table.write_parquet(new / _SYMBOLS)
            (new / _SUMS).write_bytes(_sums(new, names))
            if home.exists() and not _is_whole(home, names):
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


def _is_whole(home: Path, names: Sequence[str]) -> bool:
    try:
        return (home / _SUMS).read_bytes() == _sums(home, names)
    except OSError:
        return False


def _sums(home: Path, names: Sequence[str]) -> bytes:
    """Return what ``sha256sum`` writes about the files of these layers and of the symbols."""
    files = [*map(_file_of, names), _SYMBOLS]
    return "".join(
        f"{hashlib.sha256((home / file).read_bytes()).hexdigest()}  {file}\n" for file in files
    ).encode()


def _file_of(layer: str) -> str:
    return f"layer-{layer}.parquet"
