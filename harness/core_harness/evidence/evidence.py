"""Evidence: what related, measured perturbations did to the gene of each query.

For a query (context, perturbation p, gene g) a row of evidence is a support row of the same gene g
under a related perturbation. K562 alone has about a million such rows, so they are not made where
their sums will do: :meth:`Evidence.totals` is one product of the relations with the support.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.errors import PluginError
from core_harness.schemas import TOTALS, Block

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64] | Floats


class Evidence:
    """Relations and support of one block, seen from its queries.

    Parameters
    ----------
    block
        Queries and support.
    relations
        Frame of :data:`~core_harness.schemas.RELATIONS`, perhaps with a struct column ``layers``.
        Rows of weight 0 are no evidence.
    chosen
        :data:`~core_harness.schemas.EVIDENCE` to which a cut (:meth:`top`, :meth:`one_side`) or an
        organizer restricts it, best first within each query; None means all.
    contrasted
        Ids of the queries with both sides, where :meth:`one_side` has taken one away since.
    """

    def __init__(
        self,
        block: Block,
        relations: pl.DataFrame,
        *,
        chosen: pl.DataFrame | None = None,
        contrasted: pl.Series | None = None,
    ) -> None:
        self.block = block
        self.relations = relations
        self._chosen = chosen
        self._contrasted = contrasted

    @property
    def pairs(self) -> pl.DataFrame:
        """The queries: :data:`~core_harness.schemas.PAIRS`."""
        return self.block.pairs

    @property
    def support(self) -> pl.DataFrame:
        """The support: :data:`~core_harness.schemas.SUPPORT`."""
        return self.block.support

    @property
    def layers(self) -> list[str]:
        """Names of the layers that the relations are made of; empty where they do not say."""
        if "layers" not in self.relations.columns:
            return []
        return [field.name for field in self.relations.schema["layers"].fields]  # type: ignore[attr-defined]

    def top(self, k: int, *, per_side: bool) -> Evidence:
        """Keep the ``k`` most related rows of each query, or of each side of it.

        Ties go by the neighbour's name, then its context, so that the cut does not depend on row order.
        """
        groups = ["pair_id", "label"] if per_side else ["pair_id"]
        rows = self._slim_rows()
        best = rows.filter(pl.int_range(pl.len()).over(groups) < k)
        return Evidence(self.block, self.relations, chosen=best, contrasted=self._contrasted)

    def one_side(self, label: int) -> Evidence:
        """Keep the rows of one side of the contrast; the support, and with it every rate, stays whole.

        Queries that had both sides are still :attr:`contrasted`.
        """
        rows = self._slim_rows().filter(pl.col("label") == label)
        return Evidence(self.block, self.relations, chosen=rows, contrasted=self.contrasted)

    @property
    def contrasted(self) -> pl.Series:
        """Ids of the queries whose gene was moved by some related perturbation and not by another."""
        if self._contrasted is not None:
            return self._contrasted
        both = (pl.col("n_pos") > 0) & (pl.col("n_neg") > 0)
        return self.totals().filter(both)["pair_id"]

    def about(self, queries: pl.Expr) -> Evidence:
        """Return the evidence on the queries that an expression over ``pairs`` picks."""
        pairs = self.pairs.filter(queries)
        block = Block(context=self.block.context, pairs=pairs, support=self.support)
        chosen = self._chosen
        if chosen is not None:
            chosen = chosen.join(pairs, on="pair_id", how="semi", maintain_order="left")
        relations = self.relations.join(pairs, on="perturbation", how="semi", maintain_order="left")
        return Evidence(block, relations, chosen=chosen, contrasted=self._contrasted)

    def reweigh(self, grades: pl.DataFrame) -> Evidence:
        """Weigh neighbours by the grades that a model gave them.

        A grade multiplies the weight, over the mean grade of that perturbation's graded neighbours: who
        is graded better than they are on average counts for more, and all together they count about
        as much as before against those who were not graded. The struct ``layers`` stays as it is.

        Parameters
        ----------
        grades
            ``perturbation, neighbour, grade`` with grades in [0, 1], each pair once. Where all grades of a
            perturbation are 0, they say nothing and change nothing.
        """
        mean = pl.col("grade").mean().over("perturbation")
        factors = grades.filter(mean > 0).select(
            "perturbation", "neighbour", (pl.col("grade") / mean).alias("factor")
        )

        def weighed(rows: pl.DataFrame) -> pl.DataFrame:
            rows = rows.join(factors, on=["perturbation", "neighbour"], how="left", maintain_order="left")
            weight = pl.col("weight") * pl.col("factor").fill_null(1.0)
            return rows.with_columns(weight.alias("weight")).drop("factor")

        chosen = self._chosen
        if chosen is not None:
            owner = self.pairs.select("pair_id", "perturbation")
            chosen = weighed(chosen.join(owner, on="pair_id", maintain_order="left")).drop("perturbation")
            chosen = chosen.filter(pl.col("weight") > 0).sort(
                "pair_id", -pl.col("weight"), "neighbour", "context"
            )
        return Evidence(self.block, weighed(self.relations), chosen=chosen, contrasted=self._contrasted)

    def renamed(self, codes: Mapping[str, str]) -> Evidence:
        """Return the same evidence under other names: ``codes`` has one for each perturbation and gene."""

        def coded(frame: pl.DataFrame) -> pl.DataFrame:
            names = [name for name in ("perturbation", "neighbour", "gene") if name in frame.columns]
            return frame.with_columns(pl.col(name).replace(codes) for name in names)

        block = Block(
            context=self.block.context,
            pairs=coded(self.pairs).sort("perturbation", "gene"),
            support=coded(self.support).sort("context", "perturbation", "gene"),
        )
        chosen = None if self._chosen is None else coded(self._chosen)
        return Evidence(block, coded(self.relations), chosen=chosen, contrasted=self._contrasted)

    def rows(self) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.EVIDENCE` with ``layers``, best first within each query."""
        rows = self._slim_rows()
        if self.layers:
            owner = self.pairs.select("pair_id", "perturbation")
            why = self.relations.select("perturbation", "neighbour", "layers")
            rows = (
                rows.join(owner, on="pair_id", maintain_order="left")
                .join(why, on=["perturbation", "neighbour"], how="left", maintain_order="left")
                .drop("perturbation")
            )
        return rows

    def totals(self, *, layer: str | None = None, power: float = 1.0) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.TOTALS` in the order of ``pairs``.

        ``w_pos`` is the sum of ``weight ** power`` over the related perturbations that moved the gene,
        ``w_neg`` over those that did not. ``layer`` weighs by one layer alone.
        """
        chosen = self._chosen is not None
        counts = self._sums_of_rows(layer, power) if chosen else self._sums_by_product(layer, power)
        columns = dict(zip(TOTALS, (self.pairs["pair_id"], *counts), strict=True))
        return pl.DataFrame(columns).select(pl.col(name).cast(kind) for name, kind in TOTALS.items())

    def _weights(self, layer: str | None) -> pl.Expr:
        if layer is None:
            return pl.col("weight")
        if layer not in self.layers:
            raise PluginError(f"evidence has no layer {layer!r} (layers: {', '.join(self.layers) or 'none'})")
        return pl.col("layers").struct.field(layer)

    def _slim_rows(self) -> pl.DataFrame:
        if self._chosen is not None:
            return self._chosen
        related = self.relations.select("perturbation", "neighbour", "weight").filter(pl.col("weight") > 0)
        measured = self.support.rename({"perturbation": "neighbour"})
        return (
            self.pairs.rename({"context": "query_context"})
            .join(measured, on="gene")
            .join(related, on=["perturbation", "neighbour"])
            .filter(
                (pl.col("neighbour") != pl.col("perturbation"))
                | (pl.col("context") != pl.col("query_context"))
            )
            .select("pair_id", "neighbour", "context", "gene", "label", "weight")
            .sort("pair_id", -pl.col("weight"), "neighbour", "context")
        )

    def _sums_of_rows(self, layer: str | None, power: float) -> Sequence[Numbers]:
        numbers = self.pairs.select("pair_id").with_row_index("at")
        rows = (
            self.rows()
            .with_columns(self._weights(layer).alias("weight"))
            .filter(pl.col("weight") > 0)
            .join(numbers, on="pair_id", maintain_order="left")
        )
        at = rows["at"].to_numpy()
        weight = rows["weight"].to_numpy() ** power
        moved = rows["label"].to_numpy() == 1
        sides = (moved, ~moved)
        # np.bincount adds in row order, so the sums are the same bytes every time
        present = (np.bincount(at[side], minlength=numbers.height) for side in sides)
        weights = (np.bincount(at[side], weights=weight[side], minlength=numbers.height) for side in sides)
        return [*present, *weights]

    def _sums_by_product(self, layer: str | None, power: float) -> Sequence[Numbers]:
        """Sum over support units u of weight[p, u] * label[u, g], for all queries at once.

        The sparse factor walks the units in sorted order in float64, whatever the machine.
        """
        queries = self.pairs.select(pl.col("perturbation").unique().sort()).with_row_index("q")
        units = (
            self.support.select("context", "perturbation")
            .unique()
            .sort("context", "perturbation")
            .with_row_index("u")
        )
        genes = self.pairs.select(pl.col("gene").unique().sort()).with_row_index("g")

        related = (
            self.relations.filter(pl.col("weight") > 0)
            .with_columns(self._weights(layer).alias("weight"))
            .filter(pl.col("weight") > 0)
            .join(queries, on="perturbation")
            .join(units.rename({"perturbation": "neighbour"}), on="neighbour")
            .filter(
                (pl.col("neighbour") != pl.col("perturbation")) | (pl.col("context") != self.block.context)
            )
        )
        cells = (related["u"].to_numpy(), related["q"].to_numpy())
        present = np.zeros((units.height, queries.height))
        present[cells] = 1.0
        weights = np.zeros_like(present)
        weights[cells] = related["weight"].to_numpy() ** power

        measured = (
            self.support.join(genes, on="gene").join(units, on=["context", "perturbation"]).sort("g", "u")
        )
        where = self.pairs.join(genes, on="gene", maintain_order="left").join(
            queries, on="perturbation", maintain_order="left"
        )
        pair = (where["g"].to_numpy(), where["q"].to_numpy())

        def sums(label: int, factor: Floats) -> Floats:
            side = measured.filter(pl.col("label") == label)
            moved = sp.csr_array(
                (np.ones(side.height), (side["g"].to_numpy(), side["u"].to_numpy())),
                shape=(genes.height, units.height),
            )
            return np.asarray((moved @ factor)[pair])

        return [sums(1, present), sums(0, present), sums(1, weights), sums(0, weights)]
