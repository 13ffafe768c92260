"""Layers: the common form of all sources of knowledge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.names.known import Known
from core_harness.knowledge.symbols import Symbols

LayerKind = Literal["sets", "edges"]

SETS = {"set": pl.String, "gene": pl.String}
ANNOTATIONS = {**SETS, "evidence": pl.String, "date": pl.String}
SET_NAMES = {"set": pl.String, "name": pl.String}
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
    annotations
        ``set, gene, evidence, date`` (unique, sorted): on what evidence, and since when, each membership is
        known, one row or several; null where that is unknown. None where the source has no such thing.
    names
        ``set, name``: what people call the sets. None where the sets are called by their names.
    date
        Of the release: a year, a month or a day.
    of
        Names of the layers that it is made of, sorted; the words of their names
        (:func:`~core_harness.knowledge.words.words_of_names`).
    clause
        How prompts say that a gene is in a set, or linked: ``acts on``. None: as the registry has it. Empty:
        prompts hold nothing of the layer.
    relates
        False for a layer that is there for facts alone: no retriever relates perturbations by it unless it is
        named.
    """

    name: str
    kind: LayerKind
    frame: pl.DataFrame
    annotations: pl.DataFrame | None = None
    names: pl.DataFrame | None = None
    date: str | None = None
    of: tuple[str, ...] = ()
    clause: str | None = None
    relates: bool = True

    @classmethod
    def sets(
        cls,
        name: str,
        memberships: pl.DataFrame,
        *,
        names: pl.DataFrame | None = None,
        date: str | None = None,
        of: tuple[str, ...] = (),
        clause: str | None = None,
    ) -> Layer:
        """Return the layer of the rows ``set, gene`` or ``set, gene, evidence, date``.

        Repeated rows count once, and so does a row without evidence and date where another row of the
        membership has one of them. Of ``names``, those of other sets are left out.
        """
        frame = memberships.select(*SETS).unique().sort("set", "gene")
        if names is not None:
            names = names.select(*SET_NAMES).join(frame, on="set", how="semi").sort("set")
        return cls(
            name=name,
            kind="sets",
            frame=frame,
            annotations=_annotations(memberships) if "evidence" in memberships.columns else None,
            names=names,
            date=date,
            of=of,
            clause=clause,
        )

    @classmethod
    def edges(
        cls, name: str, links: pl.DataFrame, *, date: str | None = None, clause: str | None = None
    ) -> Layer:
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
        return cls(name=name, kind="edges", frame=frame, date=date, clause=clause)

    def for_facts(self) -> Layer:
        """Return the layer for facts alone: no retriever relates by it."""
        return replace(self, relates=False)

    @property
    def genes(self) -> pl.Series:
        """Symbols in the layer, unique and sorted."""
        columns = ("gene",) if self.kind == "sets" else ("a", "b")
        return pl.concat([self.frame[column].alias("gene") for column in columns]).unique().sort()

    @property
    def set_names(self) -> pl.DataFrame:
        """``set, name`` of the sets that have a name: its own, or one in ``names``; sorted."""
        if self.names is not None:
            return self.names
        sets = self.frame["set"].unique().sort()
        return pl.DataFrame({"set": sets, "name": sets})


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

    @cached_property
    def genes(self) -> frozenset[str]:
        """Symbols in any layer."""
        return frozenset().union(*(layer.genes.to_list() for layer in self.layers))

    @cached_property
    def known(self) -> Known:
        """What its symbols tell of names."""
        return Known.of(self.symbols)

    @classmethod
    def of(cls, layers: Sequence[Layer], symbols: Symbols | None = None) -> Graph:
        """Return the graph of layers that were made in memory; its digest is that of their content."""
        symbols = symbols or Symbols.none()
        digest = hashlib.sha256()
        for layer in layers:
            digest.update(f"{layer.name}\n{layer.kind}\n".encode())
            for frame in (layer.frame, layer.annotations, layer.names):
                digest.update(b"" if frame is None else frame.write_csv().encode())
            if layer.date is not None or layer.of:
                digest.update(f"{layer.date} {','.join(layer.of)}\n".encode())
            if layer.clause is not None or not layer.relates:
                digest.update(f"{layer.clause} {layer.relates}\n".encode())
        digest.update(symbols.table.write_csv().encode())
        return cls(tuple(layers), digest.hexdigest(), symbols)

    def about(self, layers: Sequence[Layer]) -> Graph:
        """Return the graph with layers of other things than genes, such as drugs, by which these are related.

        What it has itself stays for facts. Its digest is that of both.
        """
        digest = hashlib.sha256(f"{self.digest} {Graph.of(layers).digest}".encode()).hexdigest()
        own = (layer.for_facts() for layer in self.layers)
        return Graph((*own, *layers), digest, self.symbols)


def _annotations(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.select(pl.col(column).cast(kind) for column, kind in ANNOTATIONS.items()).unique()
    says = pl.any_horizontal(pl.col("evidence", "date").is_not_null())
    silent = rows.filter(~says).join(rows.filter(says), on=["set", "gene"], how="anti")
    return pl.concat([rows.filter(says), silent]).sort(*ANNOTATIONS)
