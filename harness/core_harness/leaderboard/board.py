"""``build()``: from run folders to a ranked board. Figures in a folder are not used: all are made again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core_harness.errors import HarnessError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.leaderboard.admission import (
    Unranked,
    message_without_path,
    open_untrusted,
    refusal,
    run_folders,
)
from core_harness.leaderboard.explained import CARDS, Explainer
from core_harness.leaderboard.figures import figures_of
from core_harness.leaderboard.notes import with_notes
from core_harness.leaderboard.reference import NAME, listing, reference_run
from core_harness.leaderboard.rows import RankedRun, Row, or_lowest, rows_of, with_ranks, without_copies
from core_harness.leaderboard.suite_datasets import SuiteDataset, read_datasets
from core_harness.pages.untrusted import LONGEST_REASON, short, shown, shown_name
from core_harness.paths import cache_folder
from core_harness.registry.entries import ModelEntry, SuiteEntry
from core_harness.runs.folder import Run
from core_harness.runs.manifest import Manifest
from core_harness.suites.suite import methods_of, suite_named
from core_harness.text import plain, question_of, unseen_of

_NAMED = 4
"""Contexts of a dataset that a heading names."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A suite with everything that was run of it.

    Attributes
    ----------
    name, suite
        What is ranked, and how.
    simulated
        Whether all its data are generated; then the board as a whole says so.
    datasets
        Those of the suite that are on this machine, by name.
    missing
        Why the others are not, by name.
    runs
        Those with a figure, in no order.
    rows
        Methods, best mean first; without a mean by name.
    unranked
        Runs without a rank.
    models
        What the registry says of models, by the names by which runs ask them.
    with_predictions
        Whether predictions may be passed on with it; those about simulated data always may.
    seed, resamples
        Of the bootstrap.
    """

    name: str
    suite: SuiteEntry
    simulated: bool
    datasets: Mapping[str, SuiteDataset]
    missing: Mapping[str, str]
    runs: Sequence[RankedRun]
    rows: Sequence[Row]
    unranked: Sequence[Unranked]
    models: Mapping[str, ModelEntry]
    with_predictions: bool
    seed: int
    resamples: int

    @property
    def question(self) -> str:
        """What it is asked, for people who see such a board for the first time."""
        return question_of(self.suite.task)

    def asked_about(self, dataset: str) -> str:
        """Return of which cells a table is, and what of its pairs methods have not seen."""
        known = self.datasets.get(dataset)
        contexts = [] if known is None else known.loaded.split.queries["context"].unique().sort().to_list()
        contexts = [] if contexts == [dataset] else contexts
        cells = [plain(", ".join(contexts))] if len(contexts) <= _NAMED else [f"{len(contexts)} contexts"]
        return ", ".join([*filter(None, cells), unseen_of(self.suite.model_dump())])

    @property
    def has_means(self) -> bool:
        """Whether there is a table of means: the mean over one dataset is the figure itself."""
        return len(self.suite.datasets) > 1

    @property
    def declares(self) -> bool:
        """Whether any method on it declares that it uses more than contrasts of measured pairs."""
        return any(run.manifest.method.beyond_contrast for run in self.runs)

    def ranked(self, dataset: str) -> list[RankedRun]:
        """Return the runs on a dataset, best first."""
        runs = [run for run in self.runs if run.manifest.task.dataset == dataset]
        return sorted(runs, key=lambda run: (-or_lowest(run.figures.ranking.value), run.page))

    def history(self, run: RankedRun) -> list[RankedRun]:
        """Return all runs of a run's method on its dataset, the newest first."""
        name = run.manifest.method.name
        same = [one for one in self.ranked(run.manifest.task.dataset) if one.manifest.method.name == name]
        return sorted(same, key=lambda one: (one.manifest.finished, one.page), reverse=True)

    def not_run(self, dataset: str) -> dict[str, list[str]]:
        """Return the methods that were not run on a dataset, by reason."""
        ran = {(run.method, run.model) for run in self.ranked(dataset)}
        reasons: dict[str, dict[str, None]] = {}
        for row in self.rows:
            if dataset in row.not_run and (row.method, row.model) not in ran:
                reasons.setdefault(row.not_run[dataset], {})[row.name] = None  # once, whatever the seeds
        return {reason: list(names) for reason, names in reasons.items()}


def build(
    paths: Iterable[Path],
    suite: str,
    session: Session,
    *,
    resamples: int = 1000,
    with_predictions: bool = False,
) -> Board:
    """Rank the runs of a suite.

    Parameters
    ----------
    paths
        Run folders, and folders of run folders.
    suite
        A name of the registry.
    session
        Where suites, datasets and the graph are found.
    resamples
        Of the bootstrap.
    with_predictions
        Whether the predictions of runs may be passed on, which the licence of a dataset may forbid.

    Raises
    ------
    RunError
        A path is no run folder and holds none. A run that cannot be used raises nothing: it is unranked.
    UsageError
        There is no such suite.
    """
    entry = suite_named(suite, session.registry)
    notify = session.tell
    folders = list(run_folders(paths))
    notify("reading the datasets", 0, 1)
    datasets, missing = read_datasets(entry, session, resamples=resamples)
    runs: list[RankedRun] = []
    unranked: list[Unranked] = []
    for at, folder in enumerate(folders):
        notify("making figures again", at, len(folders))
        found = admit(folder, entry, datasets, missing)
        if isinstance(found, RankedRun):
            runs.append(found)
        else:
            unranked.append(found)
    kept, copies = without_copies(runs)
    kept = _with_references(kept, entry, datasets, session)
    listings = {name: listing(dataset, entry.metric) for name, dataset in datasets.items()}
    kept = with_notes(with_ranks(kept, entry), listings, entry.metric)
    explainers = {
        name: Explainer(dataset, entry, session, cache_dir=_cache_dir()) for name, dataset in datasets.items()
    }
    for at, run in enumerate(kept):
        notify("making evidence cards", at, len(kept))
        kept[at] = _explained(run, explainers[run.manifest.task.dataset], session)
    simulated = bool(datasets) and all(one.loaded.task.simulated for one in datasets.values())
    return Board(
        name=suite,
        suite=entry,
        simulated=simulated,
        datasets=datasets,
        missing=missing,
        runs=kept,
        rows=rows_of(kept, entry, methods_of(entry, session), missing),
        unranked=sorted([*unranked, *copies], key=lambda one: (one.run, one.reason)),
        models=session.registry.models,
        with_predictions=with_predictions or simulated,
        seed=0,
        resamples=resamples,
    )


def _with_references(
    runs: Sequence[RankedRun], suite: SuiteEntry, datasets: Mapping[str, SuiteDataset], session: Session
) -> list[RankedRun]:
    """Return the runs with the reference on each dataset: the run that is equal to it, or one made here."""
    found = list(runs)
    for dataset in datasets.values():
        made = reference_run(dataset, suite, session, cache_dir=_cache_dir())
        if made is None:
            continue
        reference = replace(_ranked(made, dataset, suite), run=NAME, page=_page(NAME, made.manifest))
        at = next((at for at, run in enumerate(found) if _is_equal(run, reference)), len(found))
        found[at : at + 1] = [replace(found[at] if at < len(found) else reference, is_reference=True)]
    return found


def _is_equal(run: RankedRun, other: RankedRun) -> bool:
    """Return whether two runs are of one method, name, seed and dataset, with equal predictions."""
    one, two = (
        (
            *(each.identity, each.method, each.model, each.manifest.task.dataset, each.manifest.task.seed),
            each.figures.scores_sha256,
        )
        for each in (run, other)
    )
    return one == two


def admit(
    folder: Path, suite: SuiteEntry, datasets: Mapping[str, SuiteDataset], missing: Mapping[str, str]
) -> RankedRun | Unranked:
    """Return a run with its figures, or why it is unranked."""
    opened = open_untrusted(folder)
    if isinstance(opened, Unranked):
        return opened
    reason = refusal(opened.manifest, suite, datasets, missing)
    if reason is None:
        try:
            ranked = _ranked(opened, datasets[opened.manifest.task.dataset], suite)
        except HarnessError as error:
            reason = message_without_path(folder, error)
        else:
            if (reason := _too_little(ranked, suite)) is None:
                return ranked
    manifest = shown(opened.manifest)
    return Unranked(
        run=shown_name(opened.name),
        method=manifest.method.name,
        dataset=manifest.task.dataset,
        reason=short(reason, LONGEST_REASON),
    )


def _too_little(run: RankedRun, suite: SuiteEntry) -> str | None:
    """Return why a run answered too little to be ranked; None where it did not.

    Where no answer of a model could be used there may be scores all the same: the plain vote's, gene rates.
    """
    if run.kind == "asks a model" and not run.figures.report["coverage"]["status"].get("ok"):
        return "its model answered nothing: no score rests on an answer of it"
    if run.coverage < suite.coverage:
        return f"{run.coverage:.1%} of the pairs answered, {suite.coverage:.0%} are wanted"
    return None


def _ranked(run: Run, dataset: SuiteDataset, suite: SuiteEntry) -> RankedRun:
    """Return a run with its figures. Raises RunError where its predictions cannot be used."""
    return RankedRun(
        run=shown_name(run.name),
        manifest=shown(run.manifest),
        identity=run.manifest.identity,
        figures=figures_of(run, dataset, suite.metric, cache_dir=_cache_dir()),
        folder=run.folder,
        page=_page(run.name, run.manifest),
    )


def _explained(run: RankedRun, explainer: Explainer, session: Session) -> RankedRun:
    """Add evidence cards, and a caution where the model may have read about the data."""
    pairs = run.figures.details.examples(CARDS) if run.model is None else []
    dates = session.contamination(RunSpec(dataset=run.manifest.task.dataset, model=run.model))
    caution = None if dates is None else dates.sentence()
    return replace(
        run, cards=explainer.cards(run.identity, str(run.manifest.predictions_sha256), pairs), caution=caution
    )


def _cache_dir() -> Path:
    return cache_folder() / "leaderboard"


def _page(name: str, manifest: Manifest) -> str:
    words = f"{manifest.method.name} {manifest.task.dataset}".lower()
    words = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:60]
    known = f"{name} {manifest.predictions_sha256}".encode("utf-8", "surrogateescape")
    return f"{words}-{hashlib.sha256(known).hexdigest()[:8]}"
