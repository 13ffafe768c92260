"""Kernels: how alike two genes are in one layer, as the cosine of what the layer says about each.

A layer turns each gene into a row of features of unit length, or of zeros where it does not know the
gene; :func:`cosines` multiplies the rows of two lists of genes. Three kinds of rows:

- :func:`memberships` of a set layer: the sets a gene is in, rare sets counting more;
- :func:`neighbourhoods` of an edge layer: the genes it is linked to, well-connected ones counting less;
- :func:`visits` of an edge layer: where a random walk from it spends its time.

All is float64 and added up in sorted order, dense products on one thread, so that the same layer and
lists of genes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import reverse_cuthill_mckee
from threadpoolctl import threadpool_limits

from core_harness.knowledge.layers import Layer

Floats = NDArray[np.float64]
Rows: TypeAlias = Floats | sp.csr_array
"""Features of genes: (genes, features), dense or sparse."""

RESTART = 0.5
"""Probability with which the walk goes back to its gene at each step."""

STEPS = 8
"""Steps of the walk: within ``(1 - RESTART) ** STEPS``, 0.4 %, of where it would be after any number."""

_NEARBY = 2
"""First steps of the walk, after which most genes have not been reached: sparse products take less."""

_AT_ONCE = 64
"""Walks a product: their rows of the dense factor fit the cache of a core."""


def memberships(layer: Layer, genes: Sequence[str]) -> sp.csr_array:
    """Return unit rows (genes, sets) of a set layer: ``log(N / n)`` for each set that the gene is in.

    ``N`` is the number of genes in the layer, ``n`` of those in the set: inverse document frequency
    (Spärck Jones 1972, doi:10.1108/eb026526). A set of all genes says nothing and counts nothing.
    """
    sizes = layer.frame.group_by("set").len("size").sort("set").with_row_index("column")
    idf = np.log(len(layer.genes) / sizes["size"].to_numpy())
    cells = layer.frame.join(_numbered(genes), on="gene").join(sizes, on="set")
    row, column = cells["row"].to_numpy(), cells["column"].to_numpy()
    return _unit(sp.csr_array((idf[column], (row, column)), shape=(len(genes), sizes.height)))


def neighbourhoods(layer: Layer, genes: Sequence[str]) -> sp.csr_array:
    """Return unit rows (genes, nodes) of an edge layer: ``weight * log(N / n)`` for each neighbour.

    ``N`` is the number of genes in the layer, ``n`` of the neighbour's neighbours. A gene counts as its
    own neighbour with weight 1, so that two linked genes are alike even if they share no third.
    """
    nodes = layer.genes
    closed = _adjacency(layer, nodes) + sp.eye_array(len(nodes), format="csr")
    idf = np.log(len(nodes) / np.diff(closed.indptr))
    return _unit(_pick(nodes, genes) @ closed @ sp.diags_array(idf, format="csr"))


def visits(layer: Layer, genes: Sequence[str], known: Mapping[str, Floats] | None = None) -> Floats:
    """Return unit rows (genes, nodes) of an edge layer: square roots of personalised-PageRank profiles.

    The walk starts at the gene; at each step it goes back there with probability :data:`RESTART`, else
    along an edge drawn by weight (Page et al. 1999). The profile is where it is after :data:`STEPS`
    steps and sums to 1: the cosine of two roots is the Bhattacharyya coefficient of the profiles.

    ``known`` has rows of earlier calls by gene: they are copied, because walks are most of the work.
    """
    nodes, known = layer.genes, known or {}
    rows = np.zeros((len(genes), len(nodes)))
    for row, gene in enumerate(genes):
        if gene in known:
            rows[row] = known[gene]
    start = _pick(nodes, genes)
    is_new = np.array([gene not in known for gene in genes], dtype=bool)
    asked = np.flatnonzero((np.diff(start.indptr) > 0) & is_new)
    if not len(asked):
        return rows
    step, place = _steps(_adjacency(layer, nodes))
    for chunk in np.split(asked, range(_AT_ONCE, len(asked), _AT_ONCE)):
        seeds, walks = place[start.indices[start.indptr[chunk]]], np.arange(len(chunk))
        restart = sp.csr_array((np.full(len(chunk), RESTART), (seeds, walks)), (len(nodes), len(chunk)))
        nearby = restart / RESTART
        for _ in range(_NEARBY):
            nearby = step @ nearby + restart
        profile = nearby.toarray()
        for _ in range(STEPS - _NEARBY):
            profile = step @ profile
            profile[seeds, walks] += RESTART
        rows[chunk] = np.sqrt(profile[place].T)
    return rows


def cosines(left: Rows, right: Rows) -> Floats:
    """Return the products (left, right) of two stacks of unit rows of one layer, at most 1."""
    if isinstance(left, np.ndarray):
        with threadpool_limits(limits=1, user_api="blas"):
            products: Floats = left @ right.T
    else:
        products = (left @ right.T).toarray()
    return np.minimum(products, 1.0)


def _numbered(genes: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"gene": genes}, schema={"gene": pl.String}).with_row_index("row")


def _pick(nodes: pl.Series, genes: Sequence[str]) -> sp.csr_array:
    """Return the matrix (genes, nodes) that has a 1 where a gene is that node."""
    found = _numbered(genes).join(nodes.to_frame("gene").with_row_index("node"), on="gene").sort("row")
    cells = (found["row"].to_numpy(), found["node"].to_numpy())
    return sp.csr_array((np.ones(found.height), cells), shape=(len(genes), len(nodes)))


def _adjacency(layer: Layer, nodes: pl.Series) -> sp.csr_array:
    ends = [layer.frame[end].replace_strict(nodes, np.arange(len(nodes))).to_numpy() for end in "ab"]
    cells = (np.concatenate(ends), np.concatenate(ends[::-1]))
    weight = np.tile(layer.frame["weight"].to_numpy(), 2)
    matrix = sp.csr_array((weight, cells), shape=(len(nodes), len(nodes)))
    matrix.sort_indices()
    return matrix


def _steps(adjacency: sp.csr_array) -> tuple[sp.csr_array, NDArray[np.intp]]:
    """Return one step of the walk, its nodes in another order, and the new place of each node.

    Neighbours come close to each other, so that rows of the dense factor are still in the cache when they are
    needed again. Each sum runs over the neighbours in their old order, to the same bits.
    """
    step = ((1 - RESTART) * adjacency @ sp.diags_array(1 / adjacency.sum(axis=0), format="csr")).tocsr()
    order = reverse_cuthill_mckee(sp.csr_matrix(step), symmetric_mode=True).astype(np.intp)
    place = np.argsort(order)
    moved = step[order]
    return sp.csr_array((moved.data, place[moved.indices], moved.indptr), shape=step.shape), place


def _unit(rows: sp.csr_array) -> sp.csr_array:
    rows.sort_indices()
    norms = np.sqrt(rows.multiply(rows).sum(axis=1))
    norms[norms == 0] = 1.0
    rows.data /= np.repeat(norms, np.diff(rows.indptr))
    return rows
