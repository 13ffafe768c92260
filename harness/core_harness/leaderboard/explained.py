"""Evidence cards for a run's best and worst predictions, where the evidence can be made again.

That is where a run is of a strategy of the suite, asked no model, and its scores come out again. The strategy
is made from the registry; nothing that a record names is run.
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
from core_harness.analysis.details import Example
from core_harness.errors import HarnessError
from core_harness.evaluation import pipeline
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.leaderboard.cache import cache_path, write_cache
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.registry.entries import SuiteEntry
from core_harness.schemas import PAIRS
from core_harness.suites.cell import Cell
from core_harness.suites.same_run import regime_of
from core_harness.suites.suite import spec_of_suite

Card = Mapping[str, Any]
"""A card in plain types (:meth:`core_harness.analysis.cards.Card.as_dict`)."""

CARDS = 2
"""Best predictions of a run that get a card, and worst: a card tries what leaving voters out would do."""

_PAIR = ["context", "perturbation", "gene"]

_SAME = 1e-6
"""Scores that differ by less are the same; on another machine sums may run in another order."""


class Explainer:
    """Makes cards of the runs on one dataset of a suite, and caches them as figures are.

    Parameters
    ----------
    dataset, suite, session
        Which dataset of which suite, and where its strategies and the graph are found.
    cache_dir
        Folder of what was made before.
    """

    def __init__(
        self, dataset: SuiteDataset, suite: SuiteEntry, session: Session, *, cache_dir: Path
    ) -> None:
        self._dataset = dataset
        self._suite = suite
        self._session = session
        self._cache_dir = cache_dir

    def cards(self, identity: str, predictions_sha256: str, pairs: Sequence[Example]) -> list[Card]:
        """Return the cards of pairs of a run, in their order; none where the run cannot be made again."""
        methods, graph = self._made_again
        method = methods.get(identity)
        if method is None or not pairs:
            return []
        path = cache_path(self._cache_dir, "cards", identity, graph, predictions_sha256, self._dataset.digest)
        try:
            cards: list[Card] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            cards = self._make(method, pairs)
            write_cache(path, json.dumps(cards, allow_nan=False))
        return cards

    def _make(self, method: Method, pairs: Sequence[Example]) -> list[Card]:
        loaded = self._dataset.loaded
        rows = [(pair.context, pair.perturbation, pair.gene, pair.score) for pair in pairs]
        named = pl.DataFrame(rows, schema=[*_PAIR, "predicted"], orient="row").with_row_index("at")
        asked = loaded.split.queries.join(named, on=_PAIR).sort("at")
        few = replace(loaded.split, queries=asked.select(*PAIRS).sort("pair_id"))
        facts = self._session.open_knowledge(loaded.dataset, method)
        with threadpool_limits(limits=1):
            shown = pipeline.show(method, loaded.task, few, None, facts)
            made = [
                make_card(method, shown, pair_id, replies=None, scored=None) for pair_id in asked["pair_id"]
            ]
        again = pl.Series([card.score for card in made], dtype=pl.Float64)
        same = ((again - asked["predicted"]).abs() < _SAME).fill_null(value=False).all()
        return [card.as_dict() for card in made] if same else []

    @cached_property
    def _made_again(self) -> tuple[Mapping[str, Method], str]:
        """The suite's strategies without a model, by identity, and the digest of the graph that they read."""
        cell = Cell(dataset=self._dataset.name, strategy=self._suite.reference, model=None)
        spec = replace(spec_of_suite(self._suite, cell), strategies=self._suite.strategies)
        try:
            methods = self._session.methods(spec)
            reads = any(method.reads_knowledge for method in methods)
            graph = self._session.open_graph(self._dataset.loaded.dataset).digest if reads else ""
        except HarnessError:
            return {}, ""
        return {method.reference.identity(*regime_of(spec)): method for method in methods}, graph
