"""What two genes share, against plain Python."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core_harness.knowledge import Layer
from core_harness.knowledge.kernels import cosines, memberships, neighbourhoods
from core_harness.knowledge.layers import EDGES, SETS
from core_harness.knowledge.shared import direct_edge, shared_neighbours, shared_sets

GENES = st.sampled_from("ABCDEF")
MEMBERSHIPS = st.lists(st.tuples(st.sampled_from("stuv"), GENES), max_size=15)
LINKS = st.lists(st.tuples(GENES, GENES, st.sampled_from([0.2, 0.7, 1.0])), max_size=15)


@given(MEMBERSHIPS)
def test_shared_sets_are_all_and_the_rarest_first(rows: list[tuple[str, str]]) -> None:
    layer = Layer.sets("sets", pl.DataFrame(rows, schema=SETS, orient="row"))
    members = {name: {gene for other, gene in rows if other == name} for name, _ in rows}
    wanted = sorted((len(genes), name) for name, genes in members.items() if {"A", "B"} <= genes)
    assert [(size, name) for name, size in shared_sets(layer, "A", "B").rows()] == wanted
    assert shared_sets(layer, "B", "A").equals(shared_sets(layer, "A", "B"))


@given(LINKS)
def test_shared_neighbours_and_the_edge(rows: list[tuple[str, str, float]]) -> None:
    layer = Layer.edges("edges", pl.DataFrame(rows, schema=EDGES, orient="row"))
    weight = {frozenset((a, b)): w for a, b, w in layer.frame.rows()}
    links = {gene: sum(gene in ends for ends in weight) for gene in "ABCDEF"}
    wanted = sorted(
        (links[gene], gene, weight[frozenset(("A", gene))], weight[frozenset(("B", gene))])
        for gene in "CDEF"
        if frozenset(("A", gene)) in weight and frozenset(("B", gene)) in weight
    )
    found = shared_neighbours(layer, "A", "B")
    assert [(n, gene, a, b) for gene, a, b, n in found.rows()] == wanted
    assert direct_edge(layer, "A", "B") == direct_edge(layer, "B", "A") == weight.get(frozenset("AB"))


@given(MEMBERSHIPS, LINKS)
def test_without_anything_shared_a_kernel_is_zero(
    sets: list[tuple[str, str]], links: list[tuple[str, str, float]]
) -> None:
    layer = Layer.sets("sets", pl.DataFrame(sets, schema=SETS, orient="row"))
    if shared_sets(layer, "A", "B").is_empty():
        assert not np.any(cosines(memberships(layer, ["A"]), memberships(layer, ["B"])))
    layer = Layer.edges("edges", pl.DataFrame(links, schema=EDGES, orient="row"))
    if shared_neighbours(layer, "A", "B").is_empty() and direct_edge(layer, "A", "B") is None:
        assert not np.any(cosines(neighbourhoods(layer, ["A"]), neighbourhoods(layer, ["B"])))
