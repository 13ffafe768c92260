"""Where relations, pairs and rows of a support stand among response profiles, and products of their rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.evidence.evidence import Evidence
from core_harness.evidence.related import Floats, Places
from core_harness.evidence.responses import Responses

_AT_ONCE = 10_000
"""Rows whose factors are copied at a time, so that they stay in the cache."""

_NOTHING_LEFT = 1e-9
"""Share of a squared length below which what is left of a profile is rounding."""


class Cells(NamedTuple):
    """Rows of a frame of relations, by number, and the query and the unit that each relates, by number."""

    row: Places
    q: Places
    u: Places


def names_of(evidence: Evidence) -> pl.Series:
    """Return the perturbations of a block's queries, in the order of rows of (queries, units)."""
    return pl.Series("perturbation", evidence.block.perturbations, dtype=pl.String)


class FirstStep:
    """Relations of a block as matrices (queries, units), 0 where there is none.

    Parameters
    ----------
    evidence
        With the relations.
    units
        ``context, perturbation``: the columns.

    Attributes
    ----------
    related
        Frame of :data:`~core_harness.schemas.RELATED`.
    cells
        Where its rows stand in the matrices.
    """

    def __init__(self, evidence: Evidence, units: pl.DataFrame) -> None:
        names = names_of(evidence)
        self.related = evidence.related()
        self.cells = _cells_of(self.related, names, units)
        self._shape = len(names), units.height

    def weights(self, layer: str | None = None) -> Floats:
        """Return the weights, or what one layer of the relations alone says."""
        weight = self.related["weight"]
        if layer is not None:
            weight = self.related["layers"].struct.field(layer).fill_null(0.0)
        matrix = np.zeros(self._shape)
        matrix[self.cells.q, self.cells.u] = weight.to_numpy()[self.cells.row]
        return matrix


def _cells_of(related: pl.DataFrame, perturbations: pl.Series, units: pl.DataFrame) -> Cells:
    queries = perturbations.to_frame("perturbation").with_row_index("q")
    numbered = units.rename({"perturbation": "neighbour"}).with_row_index("u")
    cells = (
        related.select("perturbation", "neighbour", "context")
        .with_row_index("row")
        .join(queries, on="perturbation")
        .join(numbered, on=["neighbour", "context"])
    )
    return Cells(*(cells[column].to_numpy() for column in ("row", "q", "u")))


class Placed(NamedTuple):
    """Pairs and rows of a support by their places among profiles; shared by all likenesses of one support.

    Attributes
    ----------
    q, pair_g
        Of each pair: its query and its gene.
    u, g, known
        Of each row: its unit and its gene, and whether the unit has a profile.
    size, residual, along
        Of each row: one over the length of its unit's profile without the gene, and, times that, its
        residual and what is left of the profile along the gene. All are 0 where nothing is left.
    """

    q: Places
    pair_g: Places
    u: Places
    g: Places
    known: NDArray[np.bool_]
    size: Floats
    residual: Floats
    along: Floats


def place(
    responses: Responses, perturbations: pl.Series, pairs: pl.DataFrame, support: pl.DataFrame
) -> Placed:
    """Return where pairs and rows of a support stand among profiles.

    Parameters
    ----------
    responses
        The profiles.
    perturbations
        Names of the queries' perturbations, in the order of their numbers.
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS`, of these perturbations. A gene without a profile has
        number 0: no row of the support speaks of it.
    support
        Frame of :data:`~core_harness.schemas.SUPPORT`.
    """
    genes = responses.genes.to_frame("gene").with_row_index("g")
    names = perturbations.to_frame("perturbation").with_row_index("q")
    units = responses.units.with_row_index("u")
    asked = pairs.join(genes, on="gene", how="left", maintain_order="left").join(
        names, on="perturbation", how="left", maintain_order="left"
    )
    rows = support.join(genes, on="gene", how="left", maintain_order="left").join(
        units, on=["context", "perturbation"], how="left", maintain_order="left"
    )
    u, g, q, pair_g = (
        numbers.fill_null(0).cast(pl.Int64).to_numpy()
        for numbers in (rows["u"], rows["g"], asked["q"], asked["g"])
    )
    residual = np.asarray(responses.residuals[u, g])
    along = products(responses.profiles, u, responses.loadings, g)
    length = squares(responses.loadings)[g]
    size = one_over_length(squares(responses.profiles)[u], residual, along, length)
    return Placed(
        q=q,
        pair_g=pair_g,
        u=u,
        g=g,
        known=rows["u"].is_not_null().to_numpy(),
        size=size,
        residual=size * residual,
        along=size * (along - residual * length),
    )


def shares(weights: Floats) -> Floats:
    """Return each row over its sum; a row of zeros stays one."""
    return divide(weights, weights.sum(axis=1, keepdims=True))


def unit_rows(rows: Floats) -> Floats:
    """Return each row over its length; a row of zeros stays one."""
    return divide(rows, np.sqrt(squares(rows))[:, None])


def one_over_length(whole: Floats, residual: Floats, along: Floats, length: Floats) -> Floats:
    """Return one over the lengths of profiles without a gene, 0 where nothing is left of a profile.

    Parameters
    ----------
    whole
        Squared lengths of the profiles, the gene in them.
    residual
        How much of the gene is in them.
    along
        Their products with the gene's loadings.
    length
        Squared lengths of the gene's loadings.
    """
    left = whole - 2 * residual * along + residual**2 * length
    return divide(np.ones_like(left), np.sqrt(np.where(left > _NOTHING_LEFT * whole, left, 0.0)))


def squares(rows: Floats) -> Floats:
    """Return the squared length of each row."""
    squares: Floats = np.einsum("ij,ij->i", rows, rows)
    return squares


def products(left: Floats, at: Places, right: Floats, on: Places) -> Floats:
    """Return products of rows of two arrays, as many as there are places; some rows at a time."""
    products = np.empty(len(at))
    for start in range(0, len(at), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        np.einsum("ij,ij->i", left[at[some]], right[on[some]], out=products[some])
    return products


def divide(above: Floats, below: Floats) -> Floats:
    """Return quotients, 0 where there is nothing to divide by."""
    return np.divide(
        above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0
    )
