"""``Session``: what the methods of a process share, loaded once: registry, components, datasets, graph."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.data import splits
from core_harness.errors import MissingDataError, RunError, UsageError
from core_harness.evaluation import pipeline
from core_harness.evaluation.contamination import Contamination, contamination
from core_harness.evaluation.graphs import graph_with, has_layers
from core_harness.evaluation.loaded import Loaded, digest_of, packed, unpacked
from core_harness.evaluation.methods import Method, OnFailure, make_dataset, make_methods
from core_harness.evaluation.progress import Notice, Progress, once
from core_harness.evaluation.relations import Relations
from core_harness.evaluation.remaking import component_again, method_again
from core_harness.evaluation.spec import RunSpec, spec_of
from core_harness.evidence import controls
from core_harness.knowledge import Graph, open_graph
from core_harness.knowledge.facts import Facts
from core_harness.llm import Settings
from core_harness.paths import cache_folder, data_folder
from core_harness.plugins.catalog import Catalog, catalog
from core_harness.plugins.component import Instance, Stage
from core_harness.plugins.guard import call
from core_harness.plugins.objects import WithObjects, same
from core_harness.plugins.protocols import (
    LLM,
    Aggregator,
    BringsKnowledge,
    Dataset,
    Organizer,
    Retriever,
    UsesKnowledge,
)
from core_harness.registry.entries import Registry
from core_harness.registry.loading import shipped_registry
from core_harness.runs.manifest import ComponentReference, Manifest, MethodReference
from core_harness.runs.masking import is_file, masked
from core_harness.schemas import Block, Task


class Session:
    """Registry, components, datasets and graph of a process; each is loaded when it is first needed.

    Parameters
    ----------
    registry, components
        What names stand for, and what is installed; None is the shipped registry, and what is found.
    settings
        How models are asked.
    progress, notice
        Called as work goes on, and with lines that a person should see.
    resamples
        Of the bootstrap.

    Attributes
    ----------
    registry, components, settings, tell, notice, resamples
        As given.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        components: Catalog | None = None,
        *,
        settings: Settings | None = None,
        progress: Progress | None = None,
        notice: Notice | None = None,
        resamples: int = 1000,
    ) -> None:
        self.registry = registry or shipped_registry()
        self.components = components or catalog()
        self.settings = settings or Settings()
        self.tell: Progress = progress or (lambda *_: None)
        self.notice: Notice = once(notice or (lambda _: None))
        self.resamples = resamples
        self._datasets: dict[str, Instance] = {}
        self._rows: dict[str, tuple[pl.DataFrame, tuple[str, ...], str]] = {}
        self._loaded: dict[str, Loaded] = {}
        self._retrievers: dict[str, Instance] = {}
        self._graphs: dict[str, Graph] = {}
        self._facts: dict[int, Facts] = {}  # by graph, which the session keeps
        self._handed: dict[int, tuple[object, Graph]] = {}
        self._relations = Relations()

    def with_settings(self, settings: Settings) -> Session:
        """Return the session with models asked otherwise; what is loaded is shared."""
        other = copy(self)
        other.settings = settings
        return other

    def with_components(self, components: Catalog) -> Session:
        """Return the session with other components; what is loaded is shared."""
        other = copy(self)
        other.components = components
        return other

    def with_objects(
        self,
        *,
        dataset: Dataset | None = None,
        retriever: Retriever | None = None,
        organizer: Organizer | None = None,
        model: LLM | None = None,
        aggregator: Aggregator | None = None,
    ) -> Session:
        """Return the session with objects at some stages: it makes runs again that were made with them.

        Raises :class:`UsageError` for a class in place of an object, and :class:`PluginError` for an object
        that lacks what its stage must have, or whose arguments no record can hold.
        """
        stages: dict[Stage, object] = {
            "dataset": dataset,
            "retriever": retriever,
            "organizer": organizer,
            "llm": model,
            "aggregator": aggregator,
        }
        given = {stage: made for stage, made in stages.items() if made is not None}
        return self.with_components(WithObjects(self.components, given))

    def dataset(self, spec: RunSpec) -> Instance:
        """Return the dataset component that a spec names. Raises :class:`UsageError`."""
        return self._known(make_dataset(spec, self.registry, self.components))

    def load(self, spec: RunSpec, dataset: Instance | None = None) -> Loaded:
        """Return what a spec asks about, loaded and divided; ``dataset`` replaces the one that it names.

        Raises
        ------
        DataError, UsageError
            The data cannot be read or divided so, or the control has nothing to change in them.
        """
        dataset = dataset or self.dataset(spec)
        of_rows = f"{same(dataset)} {sorted(spec.support_contexts)}"
        if of_rows not in self._rows:
            self.tell("reading the dataset", 0, 1)
            rows, contexts = pipeline.load(dataset, spec)
            digest = digest_of(rows)
            self._rows[of_rows] = packed(rows), contexts, digest
            del rows
        in_numbers, contexts, digest = self._rows[of_rows]
        part = f"{spec.effective_regime} {spec.gene_holdout} {spec.part} {spec.seed} {spec.asked_with}"
        key = f"{of_rows} {spec.dataset} {part}"
        if key not in self._loaded:
            task = Task(
                dataset=self.components.spelt("dataset", spec.dataset),
                question=dataset.object.question,
                agent=dataset.object.agent,
                regime=spec.effective_regime,
                seed=spec.seed,
                simulated=dataset.object.simulated,
                support_contexts=contexts,
                gene_holdout=spec.gene_holdout,
            )
            split = self._divide(unpacked(in_numbers), spec, task)
            self._loaded[key] = Loaded(
                task=task, packed=in_numbers, split=split, digest=digest, dataset=dataset
            )
            for note in self._loaded[key].notes:
                self.notice(f"{spec.dataset}: {note}")
        controls.check_fits(spec.control, self._loaded[key].split)
        return self._loaded[key]

    def _divide(self, rows: pl.DataFrame, spec: RunSpec, task: Task) -> splits.Split:
        """Return the rows divided; of a direction that was asked with its dataset, the pairs asked there.

        Raises :class:`RunError` where the rows of that dataset are not those that were asked about.
        """
        other = spec.asked_with
        if other is None or task.question != "dir":
            return pipeline.divide(rows, spec, task.support_contexts)
        dataset = self._known(component_again("dataset", other.component, self.components))
        asked = self.load(replace(spec, dataset=other.dataset, asked_with=None, control=None), dataset)
        if asked.digest != other.sha256:
            raise RunError(
                f"the rows of {other.dataset}, with which {spec.dataset} was asked, are not those of the "
                "run; get the same release, or run the evaluation again"
            )
        whole = pipeline.divide(rows, replace(spec, limit=None, only=None), task.support_contexts)
        return splits.only_asked(whole, asked.split.queries)

    def load_of(self, manifest: Manifest, name: str) -> Loaded:
        """Return what a run was asked about, divided as the run divided it; ``name`` is the run's.

        Raises
        ------
        RunError
            The rows are not those that the run saw, or the record names a pipe or a device as their file.
        DataError, UsageError
            The dataset cannot be read.
        """
        reference = self._with_files(manifest.dataset, manifest.task.dataset, name)
        dataset = self._known(component_again("dataset", reference, self.components))
        try:
            spec = replace(spec_of(manifest), control=None)
        except UsageError as error:
            raise RunError(f"{name} is no record of a run: {error}; evaluate again") from None
        if (other := spec.asked_with) is not None:
            component = self._with_files(other.component, other.dataset, name)
            spec = replace(spec, asked_with=other.model_copy(update={"component": component}))
        loaded = self.load(spec, dataset)
        if loaded.digest != manifest.dataset_sha256:
            raise RunError(
                f"{name}: the rows of dataset {manifest.task.dataset!r} are not those that the run was made "
                "on; get the same release, or run the evaluation again (answers that are cached cost nothing)"
            )
        return loaded

    def methods(
        self, spec: RunSpec, *, on_failure: OnFailure | None = None, keyless: bool = False
    ) -> list[Method]:
        """Return the methods of a spec (:func:`~core_harness.evaluation.methods.make_methods`).

        Equal retrievers are one object, so that what one method had it compute serves the others.
        """
        methods = make_methods(spec, self.registry, self.components, on_failure=on_failure, keyless=keyless)
        return [self._sharing(method) for method in methods]

    def forget(self, methods: Sequence[Method]) -> None:
        """Let go of the components of these methods, and so of all that they have computed.

        A retriever may keep a profile of every candidate; a process that makes many would keep them all.
        """
        for method in methods:
            self._retrievers.pop(same(method.retriever), None)
            for one in method.components:
                self._handed.pop(id(one.object), None)

    def method(self, reference: MethodReference) -> Method:
        """Make a method of a record again (:func:`~core_harness.evaluation.remaking.method_again`)."""
        return self._sharing(method_again(reference, self.components))

    def open_graph(self, dataset: Instance | None = None) -> Graph:
        """Return the graph that a dataset brings or extends, else the shared one of the registry."""
        key = same(dataset) if has_layers(dataset) else ""
        if key not in self._graphs:
            self.tell("opening the knowledge graph", 0, 1)
            if has_layers(dataset):
                self._graphs[key] = graph_with(dataset, self.open_graph)
            else:
                layers, aliases = self.registry.layer, self.registry.aliases
                self._graphs[key] = open_graph(data_folder(), layers, aliases, cache_folder())
        return self._graphs[key]

    def graph_of(self, dataset: Instance, method: Method) -> Graph | None:
        """Return the graph that a method reads on a dataset; None for a method that reads none.

        Raises :class:`MissingDataError` where it is not on this machine.
        """
        if not method.reads_knowledge:
            return None
        try:
            return self.open_graph(dataset)
        except MissingDataError as error:
            if _readers(method):
                raise
            raise MissingDataError(f"{error}; or give the model no facts: -p organizer.facts=0") from None

    def open_knowledge(self, dataset: Instance, method: Method) -> Facts:
        """Hand the graph to the components that read it, and return the facts that prompts may hold.

        Raises :class:`MissingDataError` where the graph is needed and not on this machine.
        """
        graph = self.graph_of(dataset, method)
        if graph is None:
            return Facts.none()
        for reader in _readers(method):
            known = self._handed.get(id(reader.object))
            if known is None or known[1] is not graph:  # else it keeps what it has computed from the graph
                call(reader, "use", graph)
                self._handed[id(reader.object)] = reader.object, graph
        if id(graph) not in self._facts:
            brings = isinstance(dataset.object, BringsKnowledge)
            self._facts[id(graph)] = Facts.of(graph, () if brings else self.registry.layer)
        return self._facts[id(graph)]

    def open_knowledge_of(self, manifest: Manifest, dataset: Instance, method: Method) -> Facts:
        """Return what :meth:`open_knowledge` does for a run that is made again.

        Raises :class:`RunError` where the graph is not the one that the run read.
        """
        graph = self.graph_of(dataset, method)
        if graph is not None and manifest.graph_sha256 not in {None, graph.digest}:
            raise RunError(
                f"the knowledge graph is not the one that this run of {manifest.method.label} read (its "
                "sha256 differs); get the same releases, or run the evaluation again"
            )
        return self.open_knowledge(dataset, method)

    def contamination(self, spec: RunSpec) -> Contamination | None:
        """Return the dates by which the model of a spec may have read about its dataset."""
        return contamination(spec, self.registry)

    def _with_files(self, dataset: ComponentReference, called: str, name: str) -> ComponentReference:
        """Return a dataset of a record; where only the last name of a file is left, with the registry's."""
        entry = self.registry.datasets.get(called)
        known = {} if entry is None or entry.component != dataset.name else masked(entry.parameters)
        parameters: dict[str, Any] = {
            key: entry.parameters[key] if entry and known.get(key) == value else value
            for key, value in dataset.parameters.items()
        }
        for key, value in parameters.items():
            if is_file(key, value) and Path(value).exists() and not Path(value).is_file():
                raise RunError(f"{name} was made on {value}, which is no regular file")
        return dataset.model_copy(update={"parameters": parameters})

    def _known(self, dataset: Instance) -> Instance:
        return self._datasets.setdefault(same(dataset), dataset)

    def _sharing(self, method: Method) -> Method:
        shared = self._retrievers.setdefault(same(method.retriever), method.retriever)
        return replace(method, retriever=shared, relate=self._relate)

    def _relate(self, retriever: Instance, task: Task, block: Block) -> pl.DataFrame:
        _, graph = self._handed.get(id(retriever.object), (None, None))
        return self._relations.related(retriever, graph, task, block)


def _readers(method: Method) -> list[Instance]:
    return [one for one in method.components if isinstance(one.object, UsesKnowledge)]
