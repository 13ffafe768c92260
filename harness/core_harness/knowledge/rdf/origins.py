"""Where a graph's layers come from, and the public names of its genes and sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from core_harness.knowledge.files import read_bytes, read_columns, refuse
from core_harness.knowledge.layer_source import AliasSource, IdentifierSource, LayerSource
from core_harness.knowledge.symbols import Symbols

IDS = {"gene": pl.String, "id": pl.String}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A source release, as far as it is known.

    Attributes
    ----------
    title
        Its name and release.
    licence
        Its usual name.
    date
        A year, a month or a day, as ``2024-09-18``.
    sha256
        Of the file.
    biolink
        The Biolink predicate of the layer's statements, without prefix; None is the usual one of its kind.
    """

    title: str | None = None
    licence: str | None = None
    date: str | None = None
    sha256: str | None = None
    biolink: str | None = None


@dataclass(frozen=True, kw_only=True)
class Origins:
    """What is known about a graph beyond what is in it.

    Attributes
    ----------
    layers
        By name; layers may be missing.
    genes, symbols
        Of the genes' ids, and of the table of symbols.
    ids
        ``gene, id`` with ids such as ``HGNC:11998``; genes may be missing, none occurs twice.
    """

    layers: Mapping[str, Origin] = field(default_factory=dict)
    genes: Origin | None = None
    symbols: Origin | None = None
    ids: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=IDS))


def read_origins(
    folder: Path,
    layers: Sequence[LayerSource],
    aliases: AliasSource | None,
    identifiers: IdentifierSource | None,
    symbols: Symbols,
) -> Origins:
    """Return what the registry and the files in the data folder say about a graph's sources."""
    return Origins(
        layers={source.name: _origin(source, folder) for source in layers},
        genes=None if identifiers is None else _origin(identifiers, folder),
        symbols=None if aliases is None else _origin(aliases, folder),
        ids=pl.DataFrame(schema=IDS) if identifiers is None else read_ids(identifiers, folder, symbols),
    )


def read_ids(source: IdentifierSource, folder: Path, symbols: Symbols) -> pl.DataFrame:
    """Return ``gene, id``, the genes by approved symbol, sorted.

    Where two ids come to one symbol, the one that had it already in the file stays, else the smaller.
    """
    path = folder / source.file
    symbol, name = source.columns
    table = read_columns(path, [symbol, name])
    odd = table.filter(~pl.col(name).str.contains(r"^HGNC:\d+$"))
    refuse(odd, path, name, "{value} is no HGNC id such as 'HGNC:11998'; correct it")
    refuse(table.filter(~pl.col(name).is_first_distinct()), path, name, "{value} occurs twice")
    return (
        table.select(pl.col(symbol).alias("old"), pl.col(name).alias("id"))
        .with_columns(symbols.approve(table[symbol]).alias("gene"))
        .sort(
            "gene",
            pl.col("gene") != pl.col("old"),
            pl.col("id").str.strip_prefix("HGNC:").cast(pl.Int64),
        )
        .unique("gene", keep="first", maintain_order=True)
        .select(*IDS)
    )


def _origin(source: LayerSource | AliasSource | IdentifierSource, folder: Path) -> Origin:
    return Origin(
        title=source.source,
        licence=source.licence,
        date=source.date,
        sha256=None if source.file is None else hashlib.sha256(read_bytes(folder / source.file)).hexdigest(),
        biolink=source.biolink if isinstance(source, LayerSource) else None,
    )
