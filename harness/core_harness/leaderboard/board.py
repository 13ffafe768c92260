"""``build()``: from run folders to a ranked board. Figures in a folder are not used: all are made again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core_harness.errors import RunError
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
from core_harness.leaderboard.rows import RankedRun, Row, newest, or_lowest, rows_of
from core_harness.leaderboard.suite_datasets import SuiteDataset, read_datasets
from core_harness.leaderboard.untrusted import shown
from core_harness.paths import cache_folder
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.folder import Run
from core_harness.suites.suite import methods_of, suite_named
from core_harness.text import plain


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
    rows
        Methods, best mean first; without a mean by name.
    unranked
        Runs without a rank.
    seed, resamples
        Of the bootstrap.
    """

    name: str
    suite: SuiteEntry
    simulated: bool
    datasets: Mapping[str, SuiteDataset]
    missing: Mapping[str, str]
    rows: Sequence[Row]
    unranked: Sequence[Unranked]
    seed: int
    resamples: int

    @property
    def has_means(self) -> bool:
        """Whether there is a table of means: the mean over one dataset is the figure itself."""
        return len(self.suite.datasets) > 1

    def ranked(self, dataset: str) -> list[RankedRun]:
        """Return the runs on a dataset, best first."""
        runs = [row.runs[dataset] for row in self.rows if dataset in row.runs]
        return sorted(runs, key=lambda run: (-or_lowest(run.figures.ranking.value), run.page))

    def not_run(self, dataset: str) -> dict[str, list[str]]:
        """Return the methods that were not run on a dataset, by reason."""
        reasons: dict[str, list[str]] = {}
        for row in self.rows:
            if dataset in row.not_run:
                reasons.setdefault(row.not_run[dataset], []).append(row.name)
        return reasons


def build(
    paths: Iterable[Path],
    suite: str,
    session: Session,
    *,
    resamples: int = 1000,
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
    kept, superseded = newest(runs)
    explainers = {
        name: Explainer(dataset, entry, session, cache_dir=_cache_dir()) for name, dataset in datasets.items()
    }
    for at, run in enumerate(kept):
        notify("making evidence cards", at, len(kept))
        kept[at] = _explained(run, explainers[run.manifest.task.dataset], session)
    return Board(
        name=suite,
        suite=entry,
        simulated=bool(datasets) and all(one.loaded.task.simulated for one in datasets.values()),
        datasets=datasets,
        missing=missing,
        rows=rows_of(kept, entry, methods_of(entry, session), missing),
        unranked=sorted([*unranked, *superseded], key=lambda one: (one.run, one.reason)),
        seed=0,
        resamples=resamples,
    )


def admit(
    folder: Path, suite: SuiteEntry, datasets: Mapping[str, SuiteDataset], missing: Mapping[str, str]
) -> RankedRun | Unranked:
    """Return a run with its figures, or why it is unranked."""
    opened = open_untrusted(folder)
    if isinstance(opened, Unranked):
        return opened
    run, manifest = opened, shown(opened.manifest)
    reason = refusal(run.manifest, suite, datasets, missing)
    if reason is None:
        try:
            dataset = datasets[run.manifest.task.dataset]
            figures = figures_of(run, dataset, suite.metric, cache_dir=_cache_dir())
        except RunError as error:
            reason = message_without_path(folder, error)
        else:
            if figures.coverage >= suite.coverage:
                return RankedRun(
                    run=plain(run.name),
                    manifest=manifest,
                    identity=run.manifest.identity,
                    figures=figures,
                    page=_page(run),
                )
            reason = f"{figures.coverage:.1%} of the pairs answered, {suite.coverage:.0%} are wanted"
    name, dataset_name = manifest.method.name, manifest.task.dataset
    return Unranked(run=plain(run.name), method=name, dataset=dataset_name, reason=plain(reason))


def _explained(run: RankedRun, explainer: Explainer, session: Session) -> RankedRun:
    """Add evidence cards, and a caution where the model may have read about the data."""
    pairs = [*run.figures.best[:CARDS], *run.figures.worst[:CARDS]] if run.model is None else []
    dates = session.contamination(RunSpec(dataset=run.manifest.task.dataset, model=run.model))
    caution = None if dates is None else dates.sentence()
    return replace(
        run, cards=explainer.cards(run.identity, str(run.manifest.predictions_sha256), pairs), caution=caution
    )


def _cache_dir() -> Path:
    return cache_folder() / "leaderboard"


def _page(run: Run) -> str:
    manifest = run.manifest
    words = f"{manifest.method.name} {manifest.task.dataset}".lower()
    words = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:60]
    return f"{words}-{hashlib.sha256(f'{run.name} {manifest.predictions_sha256}'.encode()).hexdigest()[:8]}"
