"""Evidence cards for a run's best and worst predictions, where the evidence can be made again.

That is where a run says that it is a strategy of the registry, asked no model, and its scores come out again.
The strategy is made from the registry; nothing that a manifest names is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.analysis.cards import make_card
from core_harness.errors import HarnessError
from core_harness.evaluation import pipeline
from core_harness.evaluation.questions import pose
from core_harness.evaluation.spec import Method, make_methods
from core_harness.knowledge.facts import Facts
from core_harness.leaderboard.cache import cache_path, write_cache
from core_harness.leaderboard.figures import Example
from core_harness.leaderboard.manifest import Manifest
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.plugins.catalog import Catalog
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.schemas import PAIRS
from core_harness.suites.suite import Cell, spec_of

Card = Mapping[str, Any]
"""A card in plain types (:meth:`core_harness.analysis.cards.Card.as_dict`)."""

CARDS = 2
"""Best predictions of a run that get a card, and worst: a card tries what leaving voters out would do."""

_PAIR = ["context", "perturbation", "gene"]

_SAME = 1e-6
"""Scores that differ by less are the same; on another machine sums may run in another order."""


class Explainer:
    """Makes cards of the runs on one dataset of a suite; its strategies share one knowledge graph.

    Cards are kept below ``kept_in``, as figures are.
    """

    def __init__(
        self,
        question: SuiteDataset,
        suite: SuiteEntry,
        registry: Registry,
        components: Catalog,
        *,
        kept_in: Path,
    ) -> None:
        self._question = question
        self._suite = suite
        self._registry = registry
        self._components = components
        self._kept_in = kept_in

    def cards(self, manifest: Manifest, pairs: Sequence[Example]) -> list[Card]:
        """Return the cards of pairs, in their order; none where the run cannot be made again."""
        methods, graph = self._remade
        method = methods.get(manifest.name)
        if method is None or not _is_of(manifest, method) or not pairs:
            return []
        identity = str([component.identity for component in method.components])
        predicted = str(manifest.predictions_sha256)
        path = cache_path(self._kept_in, "cards", identity, graph, predicted, self._question.digest)
        try:
            kept: list[Card] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = self._make(method, pairs)
            write_cache(path, json.dumps(kept, allow_nan=False))
        return kept

    def _make(self, method: Method, pairs: Sequence[Example]) -> list[Card]:
        task, split = self._question.loaded.task, self._question.loaded.split
        rows = [(pair.context, pair.perturbation, pair.gene, pair.score) for pair in pairs]
        named = pl.DataFrame(rows, schema=[*_PAIR, "predicted"], orient="row").with_row_index("at")
        asked = split.queries.join(named, on=_PAIR).sort("at")
        few = replace(split, queries=asked.select(*PAIRS).sort("pair_id"))
        with threadpool_limits(limits=1):
            posed = pose(task, method, few, None, Facts.none())
            posed = replace(posed, evidence=list(posed.evidence))
            made = [make_card(posed, pair_id, replies=None, scored=None) for pair_id in asked["pair_id"]]
        again = pl.Series([card.score for card in made], dtype=pl.Float64)
        same = ((again - asked["predicted"]).abs() < _SAME).fill_null(value=False).all()
        return [card.as_dict() for card in made] if same else []

    @cached_property
    def _remade(self) -> tuple[Mapping[str, Method], str]:
        """The suite's strategies without a model, and the graph's digest; none where there is no graph."""
        cell = Cell(dataset=self._question.name, strategy=self._suite.reference, model=None)
        spec = replace(spec_of(self._suite, cell), strategies=self._suite.strategies)
        try:
            methods = make_methods(spec, self._registry, self._components)
            graph = pipeline.hand_over_knowledge(self._question.loaded.component, methods, self._registry)
        except HarnessError:
            return {}, ""
        return {method.label: method for method in methods}, "" if graph is None else graph.digest


def _is_of(manifest: Manifest, method: Method) -> bool:
    """Return whether a run says that it was made by the components of a method, with their parameters."""
    identities = [component.identity for component in method.components]
    made = {one.stage: (one.name, dict(one.parameters)) for one in identities}
    told = {
        stage: (one.name, one.parameters) for stage, one in manifest.components.items() if stage != "dataset"
    }
    return made == told
