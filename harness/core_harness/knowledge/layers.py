"""Layers: the common form of all sources of knowledge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.symbols import Symbols

LayerKind = Literal["sets", "edges"]

SETS = {"set": pl.String, "gene": pl.String}
EDGES = {"a": pl.String, "b": pl.String, "weight": pl.Float64}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One kind of knowledge about genes; :meth:`sets` and :meth:`edges` make one from rows in any order.

    Attributes
    ----------
    name
        Unique in a graph, e.g. ``"reactome"``.
    kind
        ``sets``: memberships of genes in named sets. ``edges``: weighted, undirected.
    frame
        ``set, gene`` (unique, sorted) or ``a, b, weight`` with ``a < b`` (unique, sorted, weight in (0, 1]).
    """

    name: str
    kind: LayerKind
    frame: pl.DataFrame

    @classmethod
    def sets(cls, name: str, memberships: pl.DataFrame) -> Layer:
        """Return the layer of the rows ``set, gene``; repeated rows count once."""
        return cls(name=name, kind="sets", frame=memberships.select(*SETS).unique().sort("set", "gene"))

    @classmethod
    def edges(cls, name: str, links: pl.DataFrame) -> Layer:
        """Return the layer of the rows ``a, b, weight``.

        Direction is dropped, and so are edges of a gene with itself; of repeated edges the heaviest
        stays. (Bringing symbols to approved names makes both.)
        """
        forward = pl.col("a") < pl.col("b")
        frame = (
            links.filter(pl.col("a") != pl.col("b"))
            .select(
                pl.when(forward).then("a").otherwise("b").alias("a"),
                pl.when(forward).then("b").otherwise("a").alias("b"),
                pl.col("weight").cast(pl.Float64),
            )
            .group_by("a", "b")
            .agg(pl.col("weight").max())
            .sort("a", "b")
        )
        return cls(name=name, kind="edges", frame=frame)

    @property
    def genes(self) -> pl.Series:
        """Symbols in the layer, unique and sorted."""
        columns = ("gene",) if self.kind == "sets" else ("a", "b")
        return pl.concat([self.frame[column].alias("gene") for column in columns]).unique().sort()


@dataclass(frozen=True)
class Graph:
    """A knowledge graph: named layers over genes with approved symbols.

    Attributes
    ----------
    layers
        In the order of the registry. Raises :class:`~core_harness.errors.DataError` where two have one name.
    digest
        Of what the graph was built from, for manifests and caches.
    symbols
        Maps a dataset's names to those of the layers.
    """

    layers: tuple[Layer, ...]
    digest: str
    symbols: Symbols = field(default_factory=Symbols.none)

    def __post_init__(self) -> None:
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise DataError(f"two layers of the knowledge graph are called {name!r}; rename one")

    @classmethod
    def of(cls, layers: Sequence[Layer], symbols: Symbols | None = None) -> Graph:
        """Return the graph of layers that were made in memory; its digest is that of their content."""
        symbols = symbols or Symbols.none()
        digest = hashlib.sha256()
        for layer in layers:
            digest.update(f"{layer.name}\n{layer.kind}\n".encode())
            digest.update(layer.frame.write_csv().encode())
        digest.update(symbols.table.write_csv().encode())
        return cls(tuple(layers), digest.hexdigest(), symbols)
