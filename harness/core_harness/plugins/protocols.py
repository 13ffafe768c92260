"""What a component of each kind must offer. This page is the plugin author's manual.

A plugin registers classes (:class:`core_harness.Component`, :func:`core_harness.hookimpl`) at five stages:

========== ====================== =====================================================================
stage      protocol               may also be
========== ====================== =====================================================================
dataset    :class:`Dataset`       :class:`BringsKnowledge` or :class:`ExtendsKnowledge`,
                                  :class:`OffersContexts`, :class:`Repeats`
retriever  :class:`Retriever`     :class:`UsesKnowledge`
organizer  :class:`Organizer`     :class:`AskingOrganizer`, :class:`UsesKnowledge`
llm        :class:`LLM`
aggregator :class:`Aggregator`    :class:`LearningAggregator`, :class:`Explains`, :class:`UsesKnowledge`
========== ====================== =====================================================================

A class need not inherit from a protocol: it has its attributes and methods. Objects are made with keyword
arguments that all have defaults, and do no work in ``__init__``. What a protocol does not list is not called.
Components never see the label of a query.

Everything that a component needs is imported from these modules, and from no other:

=================================== ===================================================================
``core_harness``                    ``Component`` and ``hookimpl``; ``Task``, ``Block``, ``Evidence``,
                                    ``Facts``, ``Graph``, ``Layer``, ``Symbols``; the schemas of frames
                                    (``ROWS``, ``RELATIONS``, ``PREDICTIONS``, ...); ``data_folder``
``core_harness.plugins.protocols``  the protocols of this page
``core_harness.plugins.limits``     numbers with limits, for the annotations of parameters
``core_harness.errors``             what to raise where the user can mend something
``core_harness.llm``                requests, replies, failures and prices, for an llm; the schemas of
                                    prompts and answers
``core_harness.prompts``            templates of any package and how they are rendered, for an organizer
``core_harness.data.tables``        reading and checking files of rows, for a dataset
``core_harness.data.rates``         shrunken rates of genes and perturbations, for an aggregator
``core_harness.knowledge.kernels``  how alike genes are in a layer, for a retriever or an organizer
``core_harness.knowledge.drugs``    one name a drug, and layers from what is known of drugs, for a dataset
``core_harness.knowledge.filters``  layers without what is too late or on other evidence, for a retriever
``core_harness.knowledge.targets``  the genes of a perturbation, several of a combination, for a retriever
``core_harness.evidence.two_steps`` response profiles and what the two-step vote is made of, for an
                                    organizer or an aggregator
``core_harness.testing``            checks of a component, scripted models and their server, for the tests of
                                    a plugin
=================================== ===================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import polars as pl

from core_harness.llm import LLM
from core_harness.schemas import Block, Need, Task
from core_harness.vocabulary import Agent, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core_harness.evidence.evidence import Evidence
    from core_harness.knowledge import Graph
    from core_harness.knowledge.facts import Facts
    from core_harness.prompts import Template


__all__ = [
    "LLM",
    "Aggregator",
    "AskingOrganizer",
    "BringsKnowledge",
    "Dataset",
    "Explains",
    "ExtendsKnowledge",
    "LearningAggregator",
    "OffersContexts",
    "Organizer",
    "Repeats",
    "Retriever",
    "UsesKnowledge",
]


@runtime_checkable
class Dataset(Protocol):
    """What was measured, what is asked?

    A dataset may have ``notes``, a sequence of lines: what it left out of its source, or read in another way
    than it stands there. They are printed once the rows are read, and kept in the record of each run.
    """

    question: Question
    """``de`` or ``dir``."""
    agent: Agent
    """``knockdown`` or ``drug``."""
    simulated: bool
    """True where the data were generated; every figure made from them says so."""

    def rows(self) -> pl.DataFrame:
        """Return all measured pairs, as :data:`core_harness.ROWS`, in any order.

        A column ``row`` may ride along: the place in the file, quoted in messages about the data.
        Raises :class:`~core_harness.errors.DataError` for data that cannot be used.
        """
        ...


@runtime_checkable
class BringsKnowledge(Protocol):
    """A dataset with a knowledge graph of its own, used in place of the shared one."""

    def knowledge(self) -> Graph:
        """Return the graph in whose layers the dataset's perturbations are related."""
        ...


@runtime_checkable
class ExtendsKnowledge(Protocol):
    """A dataset that adds layers to the shared graph, such as those of drugs that act on its genes."""

    def extend_knowledge(self, graph: Graph) -> Graph:
        """Return the graph with the dataset's layers; those that it had stay, under their names."""
        ...


@runtime_checkable
class OffersContexts(Protocol):
    """A dataset whose other contexts can be had on request, for the cross-context regime."""

    def other_context(self, name: str) -> pl.DataFrame | None:
        """Return the rows of another context, as :meth:`Dataset.rows` does, or None where it has none such.

        All rows are of one context, under the name that the dataset gives it. Only train rows are used.
        """
        ...


@runtime_checkable
class Repeats(Protocol):
    """A dataset whose pairs were measured again: audits and reports say where a method stands by that."""

    def replicates(self) -> pl.DataFrame | None:
        """Return :data:`~core_harness.data.tables.replicates.REPLICATES`; None where nothing repeats it."""
        ...


@runtime_checkable
class UsesKnowledge(Protocol):
    """A component that reads the knowledge graph: the pipeline opens it and hands it over first."""

    def use(self, graph: Graph) -> None:
        """Keep the graph for later calls."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Which measured perturbations are related to this one, how much, and why?

    Where relations depend on the names of ``block.perturbations`` and ``block.candidates``, on
    ``task.agent``, the parameters and the graph alone, a class attribute says so: ``reads = "names"`` (one of
    :data:`core_harness.schemas.Reads`). They are then computed once a session
    and, of a package, stored on disk for all runs, as long as no file of that package changes. What reads
    labels, genes, contexts, the seed, or a file or code of its own outside of that package does not say so.
    Without it, ``relate`` is called for each block.
    """

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        """Relate ``block.perturbations`` to ``block.candidates``; equal blocks have equal relations.

        Returns :data:`core_harness.RELATIONS`: one row a related pair, weights finite and
        >= 0; pairs left out are unrelated. A relation speaks for every context in which the neighbour
        was measured, or for the one in a column ``neighbour_context``; no perturbation is related to itself
        in its own context. A struct column ``layers`` (one float a layer) may say what the weight is made
        of, and a column ``via`` through which candidate the relation came.
        """
        ...


@runtime_checkable
class Organizer(Protocol):
    """Which evidence is set side by side for a question?"""

    gives: ClassVar[frozenset[Need]]
    """What an aggregator behind this organizer can count on."""

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence to be used: all of it, or a cut; about every query that was asked."""
        ...


@runtime_checkable
class AskingOrganizer(Organizer, Protocol):
    """An organizer that puts questions to a language model; it gives ``answers``, or ``grades``."""

    facts: int
    """Facts of the knowledge graph in a prompt, at most, about each thing; with 0 the graph is not opened."""

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return :data:`core_harness.llm.PROMPTS` about the pairs of the evidence.

        ``prompt_id`` is that of one of the pairs that the prompt is about, all of one perturbation, and so
        unique in the run. Pairs that need no answer have no prompt. Items are as many as ``pair_ids``;
        those of the form ``grades`` are neighbours of the pair's perturbation, and ``pair_ids`` is empty.
        """
        ...

    def templates(self) -> Sequence[Template]:
        """Return the templates that prompts are written with; the manifest records their digests."""
        ...


@runtime_checkable
class Aggregator(Protocol):
    """What is the score of each question?

    Scores are probabilities. Where only their order counts, a class attribute says so: ``scores = "ranks"``
    (one of :data:`core_harness.schemas.Scores`). Where they rest on more than measured pairs of the gene that
    is asked about, an attribute or property ``beyond_contrast`` declares it: a frozenset of
    :data:`core_harness.Beyond`. Records, tables, audits and boards show it. Without it, nothing is declared.
    """

    needs: ClassVar[frozenset[Need]]
    """What the organizer must give. A combination that does not fit is refused before it runs."""

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return :data:`core_harness.PREDICTIONS`, one row a pair of the evidence, in any order.

        ``answers`` is a frame of :data:`core_harness.llm.ANSWERS`, empty where no model was asked.
        """
        ...


@runtime_checkable
class LearningAggregator(Aggregator, Protocol):
    """An aggregator that is fitted, before it predicts, on perturbations of the support."""

    examples: int | None
    """Perturbations of the support that become queries for it, the support being without them.

    None: all of them, in folds, each block of the evidence with the support that its fold leaves.
    In the cross-context regime it keeps what they did in other contexts, as it does for the queries.
    """

    def fit(
        self, task: Task, evidence: Iterable[Evidence], answers: pl.DataFrame, labels: pl.DataFrame
    ) -> None:
        """Learn from the evidence about the examples, and from the model's answers to them.

        Evidence comes block by block; it is made as it is walked, so it is best walked once.

        What was learnt before is forgotten: each seed of a control fits anew.
        ``labels`` has ``pair_id, label`` of the examples.
        """
        ...


@runtime_checkable
class Explains(Protocol):
    """An aggregator that weighs several votes and can say, after it was fitted, what each said of a pair."""

    def parts(self, task: Task, evidence: Evidence) -> pl.DataFrame:
        """Return ``name, weight, value`` of the votes on the only pair of the evidence, the heaviest first.

        An evidence card lists them.
        """
        ...
