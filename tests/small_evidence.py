"""Small blocks of evidence for tests, and what their rows and sums are by the definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl
from hypothesis import strategies as st

from core_harness.evidence.evidence import Evidence
from core_harness.schemas import PAIRS, RELATION_DETAILS, RELATIONS, SUPPORT, TOTALS, Block

CONTEXT = "k562"
WEIGHTS = st.sampled_from([0.0, 1e-3, 0.25, 0.5, 0.75, 1.0])
NOTHING = (0.0, None, None)
LAYERS = pl.Struct({"near": pl.Float64, "alike": pl.Float64})

Weights = tuple[float, float | None, float | None]
"""Of a relation, and of its layers ``near`` and ``alike``."""


class World(NamedTuple):
    """Support by (context, perturbation, gene), queries, and relations by (perturbation, unit)."""

    support: Mapping[tuple[str, str, str], int]
    pairs: list[tuple[int, str, str]]
    relations: Mapping[tuple[str, str, str | None], Weights]

    def evidence(self, *, turned: bool = False) -> Evidence:
        support = [(*unit, label) for unit, label in self.support.items()]
        pairs = [(number, CONTEXT, name, gene) for number, name, gene in self.pairs]
        relations = [
            (name, neighbour, weight, context, f"via {neighbour}", weight / 2, {"near": near, "alike": alike})
            for (name, neighbour, context), (weight, near, alike) in self.relations.items()
        ]
        schema = {**RELATIONS, **RELATION_DETAILS, "layers": LAYERS}
        step = -1 if turned else 1
        return Evidence(
            Block(
                context=CONTEXT,
                pairs=pl.DataFrame(pairs[::step], schema=dict(PAIRS), orient="row"),
                support=pl.DataFrame(support[::step], schema=dict(SUPPORT), orient="row"),
            ),
            pl.DataFrame(relations[::step], schema=schema, orient="row"),
        )

    def weights(self, name: str, neighbour: str, context: str) -> Weights:
        """Return what relates a query's perturbation to a unit."""
        if (context, neighbour) == (CONTEXT, name):
            return NOTHING
        return self.relations.get(
            (name, neighbour, None), self.relations.get((name, neighbour, context), NOTHING)
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    genes = st.sampled_from(["g0", "g1", "g2"])
    contexts = st.sampled_from([CONTEXT, "hepg2"])
    measured = st.sampled_from(["m0", "m1", "m2", "m3", "q0"])
    asked = st.sampled_from(["q0", "q1", "q2"])
    pairs = sorted(draw(st.sets(st.tuples(asked, genes), max_size=6)))
    numbers = draw(st.permutations(range(10, 10 + len(pairs))))
    weights = st.tuples(WEIGHTS, *[st.none() | WEIGHTS] * 2)
    # a neighbour is related in all contexts, or in those that are named
    everywhere = st.dictionaries(st.none(), weights, min_size=1)
    spoken_for = everywhere | st.dictionaries(contexts, weights)
    related = draw(st.dictionaries(st.tuples(asked, measured), spoken_for, max_size=12))
    return World(
        support=draw(st.dictionaries(st.tuples(contexts, measured, genes), st.integers(0, 1), max_size=20)),
        pairs=[(number, *pair) for number, pair in zip(numbers, pairs, strict=True)],
        relations={(*names, context): w for names, by in related.items() for context, w in by.items()},
    )


def rows_of(world: World) -> Iterator[tuple[int, str, str, str, int, float]]:
    """Yield rows of evidence in no order, by the definition."""
    for number, name, gene in world.pairs:
        for (context, neighbour, measured), label in world.support.items():
            weight = world.weights(name, neighbour, context)[0]
            if measured == gene and weight > 0:
                yield number, neighbour, context, gene, label, weight


def totals_of(world: World, layer: str | None, power: float) -> pl.DataFrame:
    place = {None: 0, "near": 1, "alike": 2}[layer]

    def weight_of(name: str, neighbour: str, context: str) -> float:
        weights = world.weights(name, neighbour, context)
        return (weights[place] or 0.0) if weights[0] > 0 else 0.0

    units = {(neighbour, context) for context, neighbour, _ in world.support}
    sums: list[tuple[float, ...]] = []
    for number, name, gene in world.pairs:
        on_gene = {
            unit: label
            for (context, neighbour, measured), label in world.support.items()
            if measured == gene and weight_of(name, *(unit := (neighbour, context))) > 0
        }
        heard = [[weight_of(name, *u) ** power for u in on_gene if on_gene[u] == side] for side in (1, 0)]
        whole = [weight_of(name, *unit) ** power for unit in units if weight_of(name, *unit) > 0]
        sums.append((number, *map(len, heard), *map(sum, heard), sum(whole)))
    return pl.DataFrame(sums, schema=dict(TOTALS), orient="row", strict=False)


_PAIRS = [(5, "a", "P", "G"), (6, "a", "P", "H"), (7, "a", "Q", "G")]
MEASURED = [("a", "M", "G", 1), ("a", "N", "H", 0), ("b", "M", "G", 0), ("b", "P", "G", 1)]
BLOCK = Block(
    context="a",
    pairs=pl.DataFrame(_PAIRS, schema=dict(PAIRS), orient="row"),
    support=pl.DataFrame(MEASURED, schema=dict(SUPPORT), orient="row"),
)


def relations(*rows: tuple[Any, ...], **columns: Any) -> pl.DataFrame:
    """Return relations with ``columns`` riding along."""
    frame = pl.DataFrame(rows, schema=dict(RELATIONS), orient="row")
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())
