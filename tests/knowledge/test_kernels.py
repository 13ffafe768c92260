"""Kernels against their formulas, written out in plain Python."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from core_harness.knowledge import Layer
from core_harness.knowledge.kernels import (
    RESTART,
    STEPS,
    _adjacency,
    cosines,
    memberships,
    neighbourhoods,
    visits,
)

NAMES = [f"G{i}" for i in range(7)]
GENES = st.sampled_from(NAMES)
SETS = st.dictionaries(st.sampled_from("stuvw"), st.sets(GENES, min_size=1), max_size=5)
EDGES = st.dictionaries(
    st.tuples(GENES, GENES).filter(lambda ends: ends[0] < ends[1]),
    st.sampled_from([0.2, 0.7, 1.0]),
    max_size=12,
)
LISTS = st.lists(st.sampled_from([*NAMES, "unknown"]), max_size=6)

Sets = dict[str, set[str]]
Edges = dict[tuple[str, str], float]


def set_layer(sets: Sets) -> Layer:
    rows = [(name, gene) for name, genes in sets.items() for gene in genes]
    return Layer.sets("sets", pl.DataFrame(rows, schema={"set": pl.String, "gene": pl.String}, orient="row"))


def edge_layer(edges: Edges) -> Layer:
    rows = [(*ends, weight) for ends, weight in edges.items()]
    schema = {"a": pl.String, "b": pl.String, "weight": pl.Float64}
    return Layer.edges("edges", pl.DataFrame(rows, schema=schema, orient="row"))


def cosine(left: dict[str, float], right: dict[str, float]) -> float:
    norms = math.hypot(*left.values()) * math.hypot(*right.values())
    return sum(left[key] * right.get(key, 0.0) for key in left) / norms if norms > 0 else 0.0


def weights_to(edges: Edges, gene: str) -> dict[str, float]:
    return {
        **{b: weight for (a, b), weight in edges.items() if a == gene},
        **{a: weight for (a, b), weight in edges.items() if b == gene},
    }


@given(SETS, LISTS, LISTS)
def test_memberships(sets: Sets, left: list[str], right: list[str]) -> None:
    genes = set().union(*sets.values())

    def features(gene: str) -> dict[str, float]:
        return {name: math.log(len(genes) / len(some)) for name, some in sets.items() if gene in some}

    layer = set_layer(sets)
    expected = [[cosine(features(a), features(b)) for b in right] for a in left]
    got = cosines(memberships(layer, left), memberships(layer, right))
    assert got.dtype == np.float64
    assert_allclose(got, np.reshape(expected, (len(left), len(right))), atol=1e-12)


@given(EDGES, LISTS, LISTS)
def test_neighbourhoods(edges: Edges, left: list[str], right: list[str]) -> None:
    genes = {gene for ends in edges for gene in ends}

    def features(gene: str) -> dict[str, float]:
        if gene not in genes:
            return {}
        near = {gene: 1.0, **weights_to(edges, gene)}
        return {v: w * math.log(len(genes) / (1 + len(weights_to(edges, v)))) for v, w in near.items()}

    layer = edge_layer(edges)
    expected = [[cosine(features(a), features(b)) for b in right] for a in left]
    got = cosines(neighbourhoods(layer, left), neighbourhoods(layer, right))
    assert_allclose(got, np.reshape(expected, (len(left), len(right))), atol=1e-12)


def endless_walk(edges: Edges, gene: str) -> NDArray[np.float64]:
    """Solve for personalised PageRank exactly."""
    nodes = sorted({name for ends in edges for name in ends})
    adjacency = np.array([[weights_to(edges, b).get(a, 0.0) for b in nodes] for a in nodes])
    start = np.array([float(node == gene) for node in nodes])
    system = np.eye(len(nodes)) - (1 - RESTART) * adjacency / adjacency.sum(axis=0)
    return np.asarray(np.linalg.solve(system, RESTART * start))


@given(EDGES, LISTS)
def test_visits(edges: Edges, names: list[str]) -> None:
    known = {name for ends in edges for name in ends}
    profiles = visits(edge_layer(edges), names) ** 2
    assert profiles.shape == (len(names), len(known))
    for name, profile in zip(names, profiles, strict=True):
        if name in known:
            assert profile.sum() == pytest.approx(1)
            error = np.abs(profile - endless_walk(edges, name)).sum() / 2
            assert error <= (1 - RESTART) ** STEPS + 1e-12
        else:
            assert not profile.any()


@given(EDGES, LISTS)
def test_visits_are_those_of_the_plain_walk_to_the_bit(edges: Edges, names: list[str]) -> None:
    """Each sum runs over the neighbours in sorted order, whatever is done for speed."""
    layer = edge_layer(edges)
    adjacency = _adjacency(layer, layer.genes)
    step = ((1 - RESTART) * adjacency @ sp.diags_array(1 / adjacency.sum(axis=0), format="csr")).tocsr()
    for name, row in zip(names, visits(layer, names), strict=True):
        start = (layer.genes == name).to_numpy().astype(float)
        profile = start
        for _ in range(STEPS):
            profile = step @ profile + RESTART * start
        assert np.array_equal(row, np.sqrt(profile))


@given(EDGES, LISTS, LISTS)
def test_rows_that_are_known_are_not_walked_again(edges: Edges, names: list[str], others: list[str]) -> None:
    layer = edge_layer(edges)
    known = dict(zip(names, visits(layer, names), strict=True))
    assert np.array_equal(visits(layer, others, known), visits(layer, others))
    marked = {name: row + 1 for name, row in known.items()}
    assert np.array_equal(visits(layer, names, marked), visits(layer, names) + 1)


def test_two_linked_genes() -> None:
    """With restart .5 an endless walk is at its gene two thirds of the time: p = .5 + .5 (1 - p)."""
    profiles = visits(edge_layer({("G0", "G1"): 0.3}), ["G0", "G1"]) ** 2
    assert_allclose(profiles, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], atol=0.004)


def test_visits_of_many_genes_are_those_of_each() -> None:
    """More genes than walks in one product."""
    names = [f"N{i:03}" for i in range(150)]
    ring = {(min(a, b), max(a, b)): 0.5 for a, b in zip(names, [*names[1:], names[0]], strict=True)}
    layer = edge_layer(ring)
    together = visits(layer, ["unknown", *names])
    alone = np.vstack([visits(layer, [name]) for name in ["unknown", *names]])
    assert np.array_equal(together, alone)


@given(EDGES, SETS, LISTS)
def test_kernels_are_cosines(edges: Edges, sets: Sets, names: list[str]) -> None:
    links, groups = edge_layer(edges), set_layer(sets)
    for rows in (memberships(groups, names), neighbourhoods(links, names), visits(links, names)):
        kernel = cosines(rows, rows)
        assert kernel.min(initial=0) >= 0
        assert kernel.max(initial=0) <= 1
        assert_allclose(kernel, kernel.T, atol=1e-12)
        own = np.diag(kernel)
        assert_allclose(own[own > 0], 1)


def test_a_hand_made_layer() -> None:
    """Four genes; a rare set of two, a common one of three, one of all, which says nothing."""
    layer = set_layer({"rare": {"G0", "G1"}, "common": {"G0", "G1", "G2"}, "all": {"G0", "G1", "G2", "G3"}})
    rare, common = math.log(4 / 2), math.log(4 / 3)
    kernel = cosines(memberships(layer, ["G0"]), memberships(layer, ["G0", "G1", "G2", "G3", "unknown"]))
    assert_allclose(kernel, [[1, 1, common / math.hypot(rare, common), 0, 0]])
