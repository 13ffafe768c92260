"""Evidence: what related, measured perturbations did to the gene of each query.

For a query (context, perturbation p, gene g) a row of evidence is a support row of the same gene g
under a related perturbation. K562 alone has about a million such rows, so they are not made where
their sums will do: :meth:`Evidence.totals` is one product of the relations with the support.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from core_harness.errors import PluginError
from core_harness.evidence.related import BEST_FIRST, Cut, OnGene, evidence_rows, related_units
from core_harness.evidence.totals import Rows, sums_by_gene, sums_by_product, sums_of_rows
from core_harness.schemas import Block

_UNIT = ["perturbation", "neighbour", "context"]
_OF_RELATION = ["perturbation", "neighbour", "neighbour_context", "weight"]
_DETAILS = ("layers", "via", "direct")
"""Columns of the relations that ride along into rows."""


class Evidence:
    """Relations and support of one block, seen from its queries.

    Parameters
    ----------
    block
        Queries and support.
    relations
        Frame of :data:`~core_harness.schemas.RELATIONS`, perhaps with :data:`RELATION_DETAILS
        <core_harness.schemas.RELATION_DETAILS>` and a struct column ``layers``. Rows of weight 0 are no
        evidence. :meth:`related` names the context of each.
    chosen
        :data:`~core_harness.schemas.EVIDENCE` to which a cut (:meth:`top`, :meth:`one_side`) or an
        organizer restricts it, best first within each query; None means all.
    contrasted
        Ids of the queries with both sides, where :meth:`one_side` has taken one away since.
    on_gene
        How the weights of relations differ from gene to gene; None: not at all.
    """

    def __init__(
        self,
        block: Block,
        relations: pl.DataFrame,
        *,
        chosen: pl.DataFrame | None = None,
        contrasted: pl.Series | None = None,
        on_gene: OnGene | None = None,
    ) -> None:
        self.block = block
        self.relations = relations
        self.on_gene = on_gene
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

    @property
    def chosen(self) -> pl.DataFrame | None:
        """The rows that a cut left, or None where all evidence is used."""
        return self._chosen

    def related(self, *, details: bool = True) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.RELATED` with weights above 0, in any order.

        One row a query perturbation and related unit, that unit measured and not the query's own. What
        else the relations say rides along, unless ``details`` is false.
        """
        relations = self.relations
        if not details:
            relations = relations.select(name for name in _OF_RELATION if name in relations.columns)
        return related_units(relations.filter(pl.col("weight") > 0), self.block)

    def neighbours(self) -> pl.DataFrame:
        """Return ``perturbation, neighbour, weight``: each related perturbation once, nearest first.

        The weight is the largest that it has in any context; ties go by name.
        """
        names = ["perturbation", "neighbour"]
        best = self.related(details=False).group_by(names).agg(pl.col("weight").max())
        return best.sort("perturbation", -pl.col("weight"), "neighbour")

    def top(self, k: int, *, per_side: bool) -> Evidence:
        """Keep the ``k`` most related rows of each query, or of each side of it.

        Ties go by the neighbour's name, then its context, so that the cut does not depend on row order.
        """
        groups = ["pair_id", "label"] if per_side else ["pair_id"]

        def best(rows: pl.DataFrame) -> pl.DataFrame:
            return rows.filter(pl.int_range(pl.len()).over(groups) < k)

        return self._cut(best, contrasted=self._contrasted)

    def one_side(self, label: int) -> Evidence:
        """Keep the rows of one side of the contrast; the support, and with it every rate, stays whole.

        Queries that had both sides are still :attr:`contrasted`.
        """
        return self._cut(lambda rows: rows.filter(pl.col("label") == label), contrasted=self.contrasted)

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
        return self._with(block=block, relations=relations, chosen=chosen)

    def reweigh(self, grades: pl.DataFrame) -> Evidence:
        """Weigh neighbours by the grades that a model gave them.

        A grade multiplies the weight, and the ``direct`` part of it, over the mean grade of that
        perturbation's graded neighbours: who is graded better than they are on average counts for more, and
        all together they count about as much as before against those who were not graded. The struct
        ``layers`` stays as it is.

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
            parts = [name for name in ("weight", "direct") if name in rows.columns]
            return rows.with_columns(pl.col(parts) * pl.col("factor").fill_null(1.0)).drop("factor")

        chosen = self._chosen
        if chosen is not None:
            owner = self.pairs.select("pair_id", "perturbation")
            chosen = weighed(chosen.join(owner, on="pair_id", maintain_order="left")).drop("perturbation")
            chosen = chosen.filter(pl.col("weight") > 0).sort(*BEST_FIRST)
        return self._with(relations=weighed(self.relations), chosen=chosen)

    def renamed(self, codes: Mapping[str, str]) -> Evidence:
        """Return the same evidence under other names: ``codes`` has one for each perturbation and gene."""

        def coded(frame: pl.DataFrame) -> pl.DataFrame:
            names = [name for name in ("perturbation", "neighbour", "via", "gene") if name in frame.columns]
            return frame.with_columns(pl.col(name).replace(codes) for name in names)

        block = Block(
            context=self.block.context,
            pairs=coded(self.pairs).sort("perturbation", "gene"),
            support=coded(self.support).sort("context", "perturbation", "gene"),
        )
        chosen = None if self._chosen is None else coded(self._chosen)
        on_gene = None if self.on_gene is None else self.on_gene.renamed(codes)
        return self._with(block=block, relations=coded(self.relations), chosen=chosen, on_gene=on_gene)

    def rows(self) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.EVIDENCE`, best first within each query.

        ``layers`` and ``via`` ride along, where the relations have them.
        """
        rows = self._cut_rows(None)
        if details := [column for column in _DETAILS if column in self.relations.columns]:
            owner = self.pairs.select("pair_id", "perturbation")
            rows = (
                rows.join(owner, on="pair_id", maintain_order="left")
                .join(self.related().select(*_UNIT, *details), on=_UNIT, how="left", maintain_order="left")
                .drop("perturbation")
            )
        return rows

    def totals(self, *, layer: str | None = None, power: float = 1.0) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.TOTALS` in the order of ``pairs``.

        ``w_pos`` is the sum of ``weight ** power`` over the related perturbations that moved the gene,
        ``w_neg`` over those that did not, ``w_all`` over all, measured on the gene or not. ``layer`` weighs
        by one layer alone, the same on every gene.

        Of a cut, ``n_pos``, ``n_neg``, ``w_pos`` and ``w_neg`` sum the rows that are left, and ``w_all``
        these and the units that were not measured on the gene, which no cut takes away.
        """
        weight = self._weights(layer).alias("weight")
        related = self.related(details=layer is not None).select(*_UNIT, weight).filter(pl.col("weight") > 0)
        if self._chosen is None and self.on_gene is not None and layer is None:
            return sums_by_gene(self.block, related, self.on_gene, power)
        whole = sums_by_product(self.block, related, power)
        if self._chosen is None:
            return whole
        unmeasured = whole["w_all"] - whole["w_pos"] - whole["w_neg"]
        return sums_of_rows(self.block, self._chosen_rows(weight), unmeasured.to_numpy(), power)

    def _chosen_rows(self, weight: pl.Expr) -> Rows:
        numbers = self.pairs.select("pair_id").with_row_index("at")
        rows = self.rows().with_columns(weight).filter(pl.col("weight") > 0)
        rows = rows.join(numbers, on="pair_id", maintain_order="left")
        return Rows(*(rows[column].to_numpy() for column in ("at", "label", "weight")))

    def _weights(self, layer: str | None) -> pl.Expr:
        if layer is None:
            return pl.col("weight")
        if layer not in self.layers:
            raise PluginError(f"evidence has no layer {layer!r} (layers: {', '.join(self.layers) or 'none'})")
        return pl.col("layers").struct.field(layer)

    def _cut(self, keep: Cut, *, contrasted: pl.Series | None) -> Evidence:
        return self._with(chosen=self._cut_rows(keep), contrasted=contrasted)

    def _cut_rows(self, keep: Cut | None) -> pl.DataFrame:
        if self._chosen is None:
            return evidence_rows(self.block, self.related(details=False), on_gene=self.on_gene, keep=keep)
        return self._chosen if keep is None else keep(self._chosen)

    def _with(self, **changes: Any) -> Evidence:
        parts: dict[str, Any] = {
            "block": self.block,
            "relations": self.relations,
            "chosen": self._chosen,
            "contrasted": self._contrasted,
            "on_gene": self.on_gene,
        }
        return Evidence(**(parts | changes))
