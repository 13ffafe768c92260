"""The pipeline. Whoever reads this file has read the program.

::

    Dataset -> splits -> Retriever -> Organizer -> [LLM] -> Aggregator -> metrics
     rows      support    relations    evidence    answers   predictions   report
               + queries               + prompts
               (truth stays here)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from core_harness import metrics
from core_harness.data import splits
from core_harness.data.rates import gene_rate_of
from core_harness.data.tables import check_rows
from core_harness.errors import MissingDataError, PluginError, UsageError, unknown
from core_harness.evaluation.spec import Method, RunSpec
from core_harness.evidence import controls
from core_harness.evidence.evidence import Evidence
from core_harness.knowledge import Graph, open_graph
from core_harness.knowledge.facts import Facts
from core_harness.llm import PROMPTS
from core_harness.paths import cache_folder, data_folder
from core_harness.plugins.catalog import Made
from core_harness.plugins.protocols import (
    AskingOrganizer,
    BringsKnowledge,
    Dataset,
    OffersContexts,
    UsesKnowledge,
)
from core_harness.registry.entries import Registry
from core_harness.schemas import PREDICTIONS, RELATIONS, ROWS, Block, Task, check
from core_harness.vocabulary import Control

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A dataset behind its stage: divided, the truth apart, with the digest of all its rows."""

    task: Task
    split: splits.Split
    digest: str
    component: Made


def load(spec: RunSpec, dataset: Made) -> Loaded:
    """Read the dataset, check it, divide it, and keep the part that was asked for."""
    source = dataset.object
    rows = _rows(source.rows(), spec.dataset)
    others = dict(_other_context(source, rows, name, spec.dataset) for name in spec.support_contexts)
    rows = pl.concat([rows, *others.values()], how="diagonal").sort("context", "perturbation", "gene")
    split = splits.split_rows(rows)
    if spec.gene_holdout is not None:
        split = splits.hold_out_genes(split, spec.gene_holdout, seed=spec.seed)
    if spec.only == "evaluable":
        split = splits.only_evaluable(split)
    if spec.limit is not None:
        split = splits.limit_genes(split, spec.limit, seed=spec.seed)
    task = Task(
        dataset=spec.dataset,
        question=source.question,
        agent=source.agent,
        regime=spec.effective_regime,
        seed=spec.seed,
        simulated=source.simulated,
        support_contexts=tuple(sorted(others)),
        gene_holdout=spec.gene_holdout,
    )
    digest = hashlib.sha256(rows.select(*ROWS).write_csv().encode()).hexdigest()
    return Loaded(task=task, split=split, digest=digest, component=dataset)


def open_knowledge(registry: Registry, dataset: Made | None = None) -> Graph:
    """Return the knowledge graph that a dataset brings, else the shared one of the registry."""
    if dataset is not None and isinstance(dataset.object, BringsKnowledge):
        return dataset.object.knowledge()
    return open_graph(data_folder(), registry.layer, registry.aliases, cache_folder())


def hand_over_knowledge(dataset: Made, methods: list[Method], registry: Registry) -> Graph | None:
    """Open the knowledge graph for the components that read it, and for prompts that tell facts of it.

    It is the dataset's own, or else the shared one; None where no method needs it.
    """
    readers = [
        made.object for m in methods for made in m.components if isinstance(made.object, UsesKnowledge)
    ]
    if not (readers or any(method.tells_facts for method in methods)):
        return None
    try:
        graph = open_knowledge(registry, dataset)
    except MissingDataError as error:
        if readers:
            raise
        raise MissingDataError(f"{error}; or tell the model no facts: -p organizer.facts=0") from None
    for reader in readers:
        reader.use(graph)
    return graph


def facts_of(graph: Graph | None, dataset: Made, registry: Registry) -> Facts:
    """Return the facts of a graph that :func:`hand_over_knowledge` opened, in the registry's words."""
    own = isinstance(dataset.object, BringsKnowledge)
    return Facts.none() if graph is None else Facts.of(graph, () if own else registry.layer, data_folder())


def gather(
    task: Task,
    method: Method,
    split: splits.Split,
    *,
    control: Control | None = None,
    codes: Mapping[str, str] | None = None,
) -> Iterator[Evidence]:
    """Yield the evidence of all queries, block by block, of a split as :func:`controls.on_split` left it.

    With ``codes``, names are replaced when everything else is done.
    """
    for block in splits.blocks(split.queries, split.support, support_contexts=task.support_contexts):
        relations = _relate(task, method.retriever, block)
        relations = controls.on_relations(control, relations, block, seed=task.seed)
        evidence = method.organizer.object.organize(task, Evidence(block, relations))
        evidence = controls.on_evidence(control, evidence)
        yield evidence if codes is None else evidence.renamed(codes)


def prompts(task: Task, method: Method, evidence: Iterable[Evidence], facts: Facts) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.PROMPTS` about all queries; none for a method that asks no model."""
    if not method.asks:
        return pl.DataFrame(schema=dict(PROMPTS))
    who = f"organizer {method.organizer.identity.name!r}"
    organizer: AskingOrganizer = method.organizer.object
    return pl.concat(check(organizer.prompts(task, block, facts), PROMPTS, who) for block in evidence)


def weigh(evidence: Evidence, answers: pl.DataFrame) -> Evidence:
    """Return the evidence, weighed by the grades among the answers: their mean over samples."""
    owner = evidence.pairs.select(pl.col("pair_id").alias("prompt_id"), "perturbation")
    grades = (
        answers.filter(pl.col("pair_id").is_null())
        .drop_nulls("value")
        .join(owner, on="prompt_id")
        .group_by("perturbation", pl.col("item").alias("neighbour"))
        .agg(pl.col("value").mean().alias("grade"))
    )
    return evidence.reweigh(grades.sort("perturbation", "neighbour"))


def predict(task: Task, method: Method, evidence: Iterable[Evidence], answers: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.PREDICTIONS` for all queries, sorted by ``pair_id``."""
    return pl.concat(_score(task, method.aggregator, block, answers) for block in evidence).sort("pair_id")


def judge(
    split: splits.Split, predictions: pl.DataFrame, *, seed: int, resamples: int = 1000
) -> metrics.Report:
    """Set the predictions against the truth."""
    rate = gene_rate_of(split.queries, split.support).alias("gene_rate")
    scored = split.queries.with_columns(rate).join(split.truth, on="pair_id").join(predictions, on="pair_id")
    return metrics.report(scored, seed=seed, resamples=resamples)


def _rows(returned: object, where: str) -> pl.DataFrame:
    return check_rows(check(returned, ROWS, f"dataset {where!r}"), where=where)


def _other_context(source: Dataset, rows: pl.DataFrame, name: str, where: str) -> tuple[str, pl.DataFrame]:
    """Return another context's own name and its train rows, as far as they are not among ``rows`` already."""
    contexts = rows["context"].unique().to_list()
    if contexts == [name]:
        raise UsageError(f"{name!r} is the only context of {where}; name another to learn from")
    if name in contexts:
        return name, rows.clear()
    other = source.other_context(name) if isinstance(source, OffersContexts) else None
    if other is None:
        raise UsageError(f"{unknown('context', name, contexts)} of {where}")
    train = _rows(other, where).filter(pl.col("split") == "train")
    if (own := str(train["context"][0])) in contexts:
        raise UsageError(f"{own!r} is a context of {where} itself; name another to learn from")
    return own, train


def _relate(task: Task, retriever: Made, block: Block) -> pl.DataFrame:
    who = f"retriever {retriever.identity.name!r}"
    relations = check(retriever.object.relate(task, block), RELATIONS, who)
    weight = pl.col("weight")
    faults = {
        "a weight that is negative or not finite": weight.is_null() | ~weight.is_finite() | (weight < 0),
        "a perturbation related to itself": pl.col("perturbation") == pl.col("neighbour"),
        "a pair twice": pl.struct("perturbation", "neighbour").is_duplicated(),
    }
    for fault, rows in faults.items():
        if (bad := relations.filter(rows)).height:
            first = bad.row(0, named=True)
            raise PluginError(f"{who} returned {fault}: {first['perturbation']} and {first['neighbour']}")
    return relations


def _score(task: Task, aggregator: Made, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
    who = f"aggregator {aggregator.identity.name!r}"
    predictions = check(aggregator.object.predict(task, evidence, answers), PREDICTIONS, who).sort("pair_id")
    if not predictions["pair_id"].equals(evidence.pairs["pair_id"].sort()):
        raise PluginError(
            f"{who} returned {predictions.height} predictions for {evidence.pairs.height} pairs; "
            "it must return each pair_id once, and a null score where it has none"
        )
    return predictions
