"""What the graph says of a gene, or of two together, in clauses for prompts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import polars as pl

from core_harness.knowledge.layer_source import LayerSource
from core_harness.knowledge.layers import Graph, Layer

_PARTNERS = 5
"""Genes at the end of the strongest edges that a clause names."""

_COMMON = 0.05
_FEW = 50
"""A set of more than this share of a layer's genes, and of more than so many, is uninformative."""

_WORD = re.compile(r"[^\W_]+")


class Facts:
    """Clauses such as ``participates in Intrinsic Pathway for Apoptosis``, the most particular first.

    Layers take turns, so that none fills a prompt by itself. Within a layer of sets the smallest set
    comes first; of a layer of edges there is one clause, about the strongest.

    :meth:`of` makes them; layers are read when they are first asked.
    """

    def __init__(
        self,
        layers: Sequence[_SetFacts | _EdgeFacts],
        approved: Mapping[str, str],
        symbols: Callable[[], frozenset[str]],
        *,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        self._layers = layers
        self._approved = approved
        self._symbols = symbols
        self._hidden = None if codes is None else symbols() | codes.keys()
        self._real = {} if codes is None else {code: name for name, code in codes.items()}

    @classmethod
    def of(cls, graph: Graph, sources: Sequence[LayerSource] = ()) -> Facts:
        """Return the facts of a graph.

        Parameters
        ----------
        graph
            Its layers and symbols; names that it does not know have no facts.
        sources
            What the registry says about the layers, by which clauses are worded; there are none about layers
            with ``facts = false``. A layer may have a clause of its own; without either it speaks of
            members and links.
        """
        renamed = graph.symbols.renamed
        silent = {source.name for source in sources if not source.facts}
        biolink = {source.name: source.biolink for source in sources}
        return cls(
            [
                _facts_of(layer, biolink.get(layer.name))
                for layer in graph.layers
                if layer.name not in silent and layer.clause != ""
            ],
            dict(zip(renamed["alias"].to_list(), renamed["approved"].to_list(), strict=True)),
            lambda: _symbols_of(graph),
        )

    @classmethod
    def none(cls) -> Facts:
        """Return the facts of no graph."""
        return cls.of(Graph.of([]))

    def anonymous(self, codes: Mapping[str, str]) -> Facts:
        """Return the same facts under other names: ``codes`` has the code of each name.

        A clause that holds the symbol of a gene, or an alias that looks like one, is left out.
        """
        return Facts(self._layers, self._approved, self._symbols, codes=codes)

    def about(self, name: str, most: int) -> list[str]:
        """Return at most ``most`` clauses about a gene."""
        gene = self._gene(name)
        return self._first(most, [teller.about(gene) for teller in self._layers])

    def between(self, a: str, b: str, most: int) -> list[str]:
        """Return at most ``most`` clauses about what two genes have in common."""
        one, other = self._gene(a), self._gene(b)
        return self._first(most, [teller.between(one, other) for teller in self._layers])

    def _gene(self, name: str) -> str:
        name = self._real.get(name, name)
        return self._approved.get(name, name)

    def _first(self, most: int, layers: Sequence[Iterator[str]]) -> list[str]:
        clauses = _in_turn(layers)
        if (hidden := self._hidden) is not None:
            clauses = (clause for clause in clauses if not _names_a_gene(clause, hidden))
        return list(islice(clauses, most))


@dataclass
class _SetFacts:
    """Clauses of a layer of sets."""

    layer: Layer
    relation: str

    def about(self, gene: str) -> Iterator[str]:
        return (f"{self.relation} {name}" for name in self._sets.get(gene, ()))

    def between(self, a: str, b: str) -> Iterator[str]:
        others = set(self._sets.get(b, ()))
        return (f"both: {self.relation} {name}" for name in self._sets.get(a, ()) if name in others)

    @cached_property
    def _sets(self) -> dict[str, list[str]]:
        """The sets of each gene, the smallest first, by the names that people read."""
        genes = pl.len().over("set")
        frame = (
            self.layer.frame.with_columns(genes.alias("genes"))
            .filter(pl.col("genes") <= max(_FEW, _COMMON * len(self.layer.genes)))
            .join(self.layer.set_names, on="set")  # an id without a name says nothing
        )
        return dict(frame.sort("genes", "set").group_by("gene", maintain_order=True).agg("name").iter_rows())


@dataclass
class _EdgeFacts:
    """Clauses of a layer of edges."""

    layer: Layer
    relation: str

    def about(self, gene: str) -> Iterator[str]:
        if partners := self._partners.get(gene):
            yield f"{self.relation} {', '.join(partners)}"

    def between(self, a: str, b: str) -> Iterator[str]:
        if (weight := self._weights.get((min(a, b), max(a, b)))) is not None:
            yield f"one {self.relation} the other, with weight {weight:.2f}"

    @cached_property
    def _partners(self) -> dict[str, list[str]]:
        forth = self.layer.frame.select(pl.col("a").alias("gene"), pl.col("b").alias("other"), "weight")
        back = self.layer.frame.select(pl.col("b").alias("gene"), pl.col("a").alias("other"), "weight")
        ends = pl.concat([forth, back]).sort("weight", "other", descending=[True, False])
        return dict(ends.group_by("gene").agg(pl.col("other").head(_PARTNERS)).iter_rows())

    @cached_property
    def _weights(self) -> dict[tuple[str, str], float]:
        return {(a, b): weight for a, b, weight in self.layer.frame.iter_rows()}


def _facts_of(layer: Layer, biolink: str | None) -> _SetFacts | _EdgeFacts:
    if layer.kind == "edges":
        return _EdgeFacts(layer, layer.clause or (biolink or "linked_to").replace("_", " "))
    return _SetFacts(layer, layer.clause or (biolink or "member_of").replace("_", " "))


def _in_turn(layers: Sequence[Iterator[str]]) -> Iterator[str]:
    """Yield the first clause of each layer, then the second of each, until none is left."""
    while layers:
        drawn = [(layer, next(layer, None)) for layer in layers]
        yield from (clause for _, clause in drawn if clause is not None)
        layers = [layer for layer, clause in drawn if clause is not None]


def _symbols_of(graph: Graph) -> frozenset[str]:
    table = graph.symbols.table
    genes = [layer.genes for layer in graph.layers]
    return frozenset().union(table["alias"].to_list(), table["approved"].to_list(), *genes)


def _names_a_gene(clause: str, symbols: frozenset[str]) -> bool:
    """Return whether a word is a symbol, whatever its case where it holds a digit (``p53``, ``Rap1``)."""
    words = {*_WORD.findall(clause), *clause.split(), *re.split(r"[\s,;:()/]+", clause)}
    return any(word in symbols or (any(map(str.isdigit, word)) and word.upper() in symbols) for word in words)
