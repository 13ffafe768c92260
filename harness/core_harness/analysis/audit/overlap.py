"""What stands on both sides of a split: names, their synonyms, and the same pairs in other contexts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core_harness.knowledge import Symbols
from core_harness.knowledge.names import Known, recognise
from core_harness.vocabulary import Agent

_PAIR = ["perturbation", "gene"]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What train and test of one dataset share, by context.

    Attributes
    ----------
    perturbations, pairs
        Of one context in both splits; the loader refuses the former, so both are 0.
    unseen_genes
        Test genes without a train row in their context: nothing is known of them.
    """

    perturbations: int
    pairs: int
    unseen_genes: int


@dataclass(frozen=True, kw_only=True)
class Synonyms:
    """Names that mean the same gene.

    Attributes
    ----------
    renamed, ambiguous
        Names that are an alias of one approved symbol, and of several (left as they are).
    across_splits
        Test perturbations that stand in the train split of their context under another name: the test
        row's answer lies in the support.
    doubled_genes
        Genes that stand in one context under two names.
    self_pairs
        Pairs of a perturbation with its own gene under another name.
    examples
        Some of the last three, for people.
    """

    renamed: int
    ambiguous: int
    across_splits: int
    doubled_genes: int
    self_pairs: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """How much of a context's test split another context tells.

    Attributes
    ----------
    context, other
        The context that is asked about, and the one whose train rows might be learnt from.
    perturbations, in_train
        Test perturbations, and those of them in the other's train split.
    pairs, pairs_in_train
        Test pairs, and those of them in the other's train split.
    """

    context: str
    other: str
    perturbations: int
    in_train: int
    pairs: int
    pairs_in_train: int


def overlap(rows: pl.DataFrame) -> Overlap:
    """Compare the splits of checked rows."""
    train, test = rows.filter(pl.col("split") == "train"), rows.filter(pl.col("split") == "test")

    def shared(*key: str) -> int:
        return test.select("context", *key).unique().join(train, on=["context", *key], how="semi").height

    genes = test.select("context", "gene").n_unique()
    return Overlap(
        perturbations=shared("perturbation"), pairs=shared(*_PAIR), unseen_genes=genes - shared("gene")
    )


def synonyms(rows: pl.DataFrame, symbols: Symbols, known: Known, agent: Agent) -> Synonyms:
    """Look for names of checked rows that mean the same gene or the same perturbation."""
    names = pl.concat([rows["perturbation"], rows["gene"].alias("perturbation")]).unique()
    approved = rows.select(
        "context",
        "split",
        *_PAIR,
        _called(rows["perturbation"], known, perturbations=agent != "drug").alias("of_perturbation"),
        _called(rows["gene"], known, perturbations=False).alias("of_gene"),
    )
    perturbed = approved.select("context", "split", "perturbation", "of_perturbation").unique()
    train = perturbed.filter(pl.col("split") == "train")
    leaks = (
        perturbed.filter(pl.col("split") == "test")
        .join(train, on=["context", "of_perturbation"], suffix="_train")
        .sort("context", "perturbation", "perturbation_train")
    )
    genes = approved.select("context", "gene", "of_gene").unique()
    twice = genes.filter(pl.col("gene").n_unique().over("context", "of_gene") > 1).sort("of_gene", "gene")
    own = approved.filter(pl.col("of_perturbation") == pl.col("of_gene")).sort("context", *_PAIR)
    examples = [
        *(
            f"test {test} is train {train}"
            for test, train in leaks.select("perturbation", "perturbation_train").rows()
        ),
        *(f"gene {gene} is {approved}" for gene, approved in twice.select("gene", "of_gene").rows()),
        *(f"{perturbation} is {gene} itself" for perturbation, gene in own.select(*_PAIR).rows()),
    ]
    return Synonyms(
        renamed=_known(names, symbols.renamed),
        ambiguous=_known(names, symbols.ambiguous),
        across_splits=leaks.select("context", "perturbation").n_unique(),
        doubled_genes=twice.select("context", "of_gene").n_unique(),
        self_pairs=own.height,
        examples=tuple(examples[:5]),
    )


def _called(names: pl.Series, known: Known, *, perturbations: bool) -> pl.Series:
    found = recognise(names.unique().to_list(), known, perturbations=perturbations)
    return names.replace({name: one.name for name, one in found.items()})


def _known(names: pl.Series, aliases: pl.DataFrame) -> int:
    return names.filter(names.is_in(aliases["alias"].implode())).len()


def elsewhere(rows: pl.DataFrame, others: pl.DataFrame) -> list[Elsewhere]:
    """Look for the test rows of each context of ``rows`` in the train rows of all other contexts.

    ``others`` holds checked rows of all contexts, those of ``rows`` among them.
    """
    found = []
    contexts = rows["context"].unique().sort().to_list()
    for context in contexts:
        test = rows.filter(pl.col("context") == context, pl.col("split") == "test")
        for other in others["context"].unique().sort().to_list():
            if other == context:
                continue
            train = others.filter(pl.col("context") == other, pl.col("split") == "train")
            asked = test.select("perturbation").unique()
            found.append(
                Elsewhere(
                    context=context,
                    other=other,
                    perturbations=asked.height,
                    in_train=asked.join(train, on="perturbation", how="semi").height,
                    pairs=test.height,
                    pairs_in_train=test.join(train, on=_PAIR, how="semi").height,
                )
            )
    return found
