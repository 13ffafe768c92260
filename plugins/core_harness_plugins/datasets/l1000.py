"""LINCS L1000: what drugs do to 978 genes, consensus over cell lines, doses and times."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from core_harness import ROWS, Agent, Graph, Layer, Question, data_folder
from core_harness.data.tables import find_column, read_table
from core_harness.errors import DataError, MissingDataError
from core_harness.knowledge.drugs import listed_layer, network_layer, reach_layer, structure_layer
from core_harness.plugins.limits import Share

LEAST_Z = 4.051
"""Two-sided 5 % over the 978 genes of a drug (Bonferroni)."""

_CONTEXT = "consensus"
_WHERE_FROM = {
    "l1000_consensus_z.tsv.gz": "made of data/consensi/consensi-drugbank.tsv.bz2 in github.com/dhimmel/lincs",
    "l1000_genes.tsv": "made of data/consensi/genes.tsv in github.com/dhimmel/lincs",
    "drug_annotations.tsv": "made of the Drug Repurposing Hub's table, whose licence is for you to check",
}
_REACHED = {"reactome": "drug-pathways", "go-bp": "drug-processes"}
"""Layers of genes whose sets tell what the targets of drugs have to do with each other."""
_NETWORK = "string"


class L1000:
    """Consensus signatures of LINCS L1000 (Himmelstein; CC BY 4.0), from ``drugs/`` in the data folder.

    A gene is differentially expressed where ``|z| >=`` :data:`LEAST_Z`, and up where z is positive. The
    signatures have no split: drugs are drawn into one.

    Parameters
    ----------
    drugs
        ``annotated``: those with a target or a mechanism on record. ``all``: those without, too, which no
        layer of the graph knows.
    question
        ``de``: is the gene differentially expressed? ``dir``: among those that are, is it up?
    train_share
        Share of the drugs that are measured, the support; the others are asked about.
    split_seed
        Of the draw.
    structures
        Relate drugs by structure, too: needs the extra ``drugs``.
    """

    agent: Agent = "drug"
    simulated = False

    def __init__(
        self,
        *,
        drugs: Literal["annotated", "all"] = "annotated",
        question: Question = "de",
        train_share: Share = 0.3,
        split_seed: int = 0,
        structures: bool = False,
    ) -> None:
        self.drugs = drugs
        self.question = question
        self.train_share = train_share
        self.split_seed = split_seed
        self.structures = structures

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs.

        Raises
        ------
        MissingDataError
            A file is not on this machine.
        DataError
            A file is not as it should be.
        """
        pairs = self._scores()
        if self.question == "dir":
            pairs = pairs.filter(pl.col("z").abs() >= LEAST_Z)
            label = pl.col("z") > 0
        else:
            label = pl.col("z").abs() >= LEAST_Z
        return pairs.select(
            pl.lit(_CONTEXT).alias("context"),
            pl.col("name").alias("perturbation"),
            "gene",
            label.cast(pl.UInt8).alias("label"),
            "split",
        ).select(*ROWS)

    def extend_knowledge(self, graph: Graph) -> Graph:
        """Return the graph with layers of drugs: targets, mechanisms, and what the targets take part in.

        Raises what :meth:`rows` does, and :class:`~core_harness.errors.UsageError` where structures are asked
        for without the extra ``drugs``.
        """
        known = self._annotations()
        about = known.select(pl.col("name").alias("drug"), "targets", "moa", "smiles")
        targets = listed_layer("drug-targets", about.select("drug", values="targets"), clause="acts on")
        approved = targets.frame.with_columns(graph.symbols.approve(targets.frame["set"]))
        targets = Layer.sets(targets.name, approved, clause=targets.clause)
        mechanisms = listed_layer("drug-mechanisms", about.select("drug", values="moa"), clause="acts as")
        layers = [targets, mechanisms]
        for layer in graph.layers:
            if layer.name in _REACHED:
                layers.append(
                    reach_layer(_REACHED[layer.name], targets, layer, clause="has a target that is in")
                )
            elif layer.name == _NETWORK:
                layers.append(network_layer("drug-network", targets, layer))
        if self.structures:
            layers.append(structure_layer("drug-structure", dict(about.select("drug", "smiles").iter_rows())))
        return graph.about(layers)

    def _scores(self) -> pl.DataFrame:
        """Return ``name, gene, z, split`` of the chosen drugs."""
        path, table = _read("l1000_consensus_z.tsv.gz")
        _, genes = _read("l1000_genes.tsv")
        symbols = dict(genes.select("entrez_gene_id", "symbol").iter_rows())
        drug = find_column(table, "perturbagen", path=path)
        measured = [column for column in table.columns if column in symbols]
        if not measured:
            raise DataError(f"{path}: no column is a gene of l1000_genes.tsv; get both of one release")
        known = self._annotations()
        names = known.select("drugbank_id", "name")
        chosen = table.select(drug, *measured).join(names, left_on=drug, right_on="drugbank_id", how="left")
        if self.drugs == "annotated":
            chosen = chosen.drop_nulls("name")
        chosen = chosen.sort(drug).with_columns(pl.coalesce("name", drug).alias("name"))
        long = chosen.with_columns(self._split(chosen.height)).unpivot(
            measured, index=["name", "split"], variable_name="entrez", value_name="z"
        )
        z = long["z"].cast(pl.Float64, strict=False)
        if z.is_null().any() or z.is_nan().any():
            wrong = long.filter(z.is_null() | z.is_nan()).row(0, named=True)
            raise DataError(f"{path}: {wrong['z']!r} of {wrong['name']} is no z-score; get the file again")
        return long.with_columns(z, pl.col("entrez").replace_strict(symbols).alias("gene"))

    def _split(self, drugs: int) -> pl.Series:
        order = np.random.default_rng([self.split_seed, drugs]).permutation(drugs)
        return pl.Series("split", np.where(order < round(self.train_share * drugs), "train", "test"))

    def _annotations(self) -> pl.DataFrame:
        """Return what is known of the chosen drugs: ``drugbank_id, name, moa, targets, smiles``."""
        _, table = _read("drug_annotations.tsv")
        known = table.select("drugbank_id", "name", "moa", "targets", "smiles")
        if self.drugs == "all":
            return known
        return known.filter((pl.col("moa") != "") | (pl.col("targets") != ""))


def _read(file: str) -> tuple[Path, pl.DataFrame]:
    path = data_folder() / "drugs" / file
    try:
        return path, read_table(path)
    except MissingDataError:
        raise MissingDataError(
            f"L1000's {file} is not on this machine (looked for {path}); it is {_WHERE_FROM[file]}; "
            "docs/drugs.md says how"
        ) from None
