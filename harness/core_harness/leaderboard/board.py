"""``build()``: from run folders to a ranked board. No figure in a folder is believed."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core_harness.catalog import Catalog
from core_harness.errors import RunError
from core_harness.folders import cache_folder
from core_harness.leaderboard.admission import Apart, open_to_all, refusal, run_folders, said_of
from core_harness.leaderboard.explained import CARDS, Card, Explainer
from core_harness.leaderboard.figures import Figures, figures_of
from core_harness.leaderboard.manifest import Manifest
from core_harness.leaderboard.questions import Question, read_questions
from core_harness.leaderboard.ranking import Standing, standings
from core_harness.metrics.paired import Resampled
from core_harness.pipeline import Progress
from core_harness.plain_text import plain
from core_harness.registry import Registry, SuiteEntry
from core_harness.runs import Run
from core_harness.suites import cells, suite_named


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A run on the board.

    Attributes
    ----------
    run
        Its folder's name.
    manifest, figures
        What was done, and what came of it.
    page
        Name of its page, safe in a path.
    standing
        Where it stands among the runs on its dataset; None where the metric is not defined.
    cards
        Evidence cards of its best and its worst predictions, where they can be made.
    """

    run: str
    manifest: Manifest
    figures: Figures
    page: str
    standing: Standing | None = None
    cards: Sequence[Card] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean:
    """A method's mean over all datasets of the suite; ``low`` and ``high`` as those of a metric."""

    value: float
    low: float | None
    high: float | None
    standing: Standing


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """A method: its run on each dataset, or why there is none, and its mean where it ran on all of them."""

    method: str
    model: str | None
    placed: Mapping[str, Placed]
    not_run: Mapping[str, str]
    mean: Mean | None = None

    @property
    def name(self) -> str:
        """The method, with its model where it asks one."""
        return self.method if self.model is None else f"{self.method} · {self.model}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A suite with everything that was run of it.

    Attributes
    ----------
    name, suite
        What is ranked, and how.
    simulated
        Whether all its data are generated; then the board as a whole says so.
    questions
        Its datasets, as far as they are on this machine.
    missing
        Why the others are not.
    rows
        Methods, best mean first; without a mean by name.
    apart
        Runs without a rank.
    seed, resamples
        Of the bootstrap.
    """

    name: str
    suite: SuiteEntry
    simulated: bool
    questions: Mapping[str, Question]
    missing: Mapping[str, str]
    rows: Sequence[Row]
    apart: Sequence[Apart]
    seed: int
    resamples: int

    def ranked(self, dataset: str) -> list[Placed]:
        """Return the runs on a dataset, best first."""
        runs = [row.placed[dataset] for row in self.rows if dataset in row.placed]
        return sorted(runs, key=lambda placed: (-_or_lowest(placed.figures.ranking.value), placed.page))

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
    registry: Registry,
    components: Catalog,
    *,
    resamples: int = 1000,
    progress: Progress | None = None,
) -> Board:
    """Rank the runs of a suite.

    Parameters
    ----------
    paths
        Run folders, and folders of run folders.
    suite
        A name of the registry.
    registry, components
        Where suites and datasets are found.
    resamples
        Of the bootstrap.
    progress
        Called as work goes on.

    Raises
    ------
    RunError
        A path is no run folder and holds none. What is wrong with a run itself lists it apart.
    UsageError
        There is no such suite.
    """
    entry = suite_named(suite, registry)
    tell = progress or (lambda *_: None)
    folders = list(run_folders(paths))
    tell("reading the datasets", 0, 1)
    questions, missing = read_questions(entry, registry, components, resamples=resamples)
    placed: list[Placed] = []
    apart: list[Apart] = []
    for at, folder in enumerate(folders):
        tell("making figures again", at, len(folders))
        found = place(folder, entry, questions, missing)
        if isinstance(found, Placed):
            placed.append(found)
        else:
            apart.append(found)
    kept, superseded = _newest(placed)
    explainers = {
        dataset: Explainer(question, entry, registry, components, kept_in=_kept_in())
        for dataset, question in questions.items()
    }
    for at, run in enumerate(kept):
        tell("making evidence cards", at, len(kept))
        pairs = [*run.figures.best[:CARDS], *run.figures.worst[:CARDS]]
        kept[at] = replace(run, cards=explainers[run.manifest.task.dataset].cards(run.manifest, pairs))
    rows = _rows(_with_standings(kept, entry, registry), entry, missing)
    return Board(
        name=suite,
        suite=entry,
        simulated=bool(questions) and all(one.loaded.task.simulated for one in questions.values()),
        questions=questions,
        missing=missing,
        rows=_with_means(rows, entry, registry),
        apart=sorted([*apart, *superseded], key=lambda one: (one.run, one.reason)),
        seed=0,
        resamples=resamples,
    )


def place(
    folder: Path, suite: SuiteEntry, questions: Mapping[str, Question], missing: Mapping[str, str]
) -> Placed | Apart:
    """Return a run with its figures, or why it is listed apart."""
    opened = open_to_all(folder)
    if isinstance(opened, Apart):
        return opened
    run, manifest = opened
    reason = refusal(manifest, suite, questions, missing)
    if reason is None:
        try:
            question = questions[manifest.task.dataset]
            figures = figures_of(run, question, suite.metric, kept_in=_kept_in())
        except RunError as error:
            reason = said_of(folder, error)
        else:
            if figures.coverage >= suite.coverage:
                page = _page(run, manifest)
                return Placed(run=plain(run.name), manifest=manifest, figures=figures, page=page)
            reason = f"{figures.coverage:.1%} of the pairs answered, {suite.coverage:.0%} are wanted"
    return Apart(run=plain(run.name), method=manifest.name, dataset=manifest.task.dataset, reason=reason)


def _kept_in() -> Path:
    return cache_folder() / "leaderboard"


def _page(run: Run, manifest: Manifest) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", f"{manifest.name} {manifest.task.dataset}".lower()).strip("-")[:60]
    return f"{words}-{hashlib.sha256(f'{run.name} {manifest.predictions_sha256}'.encode()).hexdigest()[:8]}"


def _newest(placed: Sequence[Placed]) -> tuple[list[Placed], list[Apart]]:
    """Return the newest run of each method on each dataset, and the others as superseded by it."""
    newest: dict[tuple[str, str], Placed] = {}
    superseded = []
    for run in sorted(placed, key=lambda one: (one.manifest.finished, one.run), reverse=True):
        key = (run.manifest.identity, run.manifest.task.dataset)
        if (other := newest.setdefault(key, run)) is not run:
            superseded.append(
                Apart(
                    run=run.run,
                    method=run.manifest.name,
                    dataset=run.manifest.task.dataset,
                    reason=f"the same method ran again: {other.run}",
                )
            )
    return list(newest.values()), superseded


def _with_standings(runs: Sequence[Placed], suite: SuiteEntry, registry: Registry) -> list[Placed]:
    ranked = []
    for dataset in suite.datasets:
        here = [run for run in runs if run.manifest.task.dataset == dataset]
        defined = [run for run in here if not math.isnan(run.figures.ranking.value)]
        ranked += [run for run in here if run not in defined]
        reference = _reference((run.manifest for run in defined), suite, registry)
        found = standings([run.figures.ranking for run in defined], reference)
        ranked += [replace(run, standing=standing) for run, standing in zip(defined, found, strict=True)]
    return ranked


def _reference(manifests: Iterable[Manifest], suite: SuiteEntry, registry: Registry) -> int | None:
    """Return the place of the suite's reference: the strategy as the registry has it."""
    strategy = registry.strategies[suite.reference]
    doors = {door: getattr(strategy, door) for door in ("retriever", "organizer", "aggregator")}
    for at, manifest in enumerate(manifests):
        made_of = {door: made.name for door, made in manifest.components.items() if door != "dataset"}
        if manifest.name == suite.reference and made_of == doors:
            return at
    return None


def _rows(runs: Sequence[Placed], suite: SuiteEntry, missing: Mapping[str, str]) -> list[Row]:
    """Return a row for each method that ran, and for each that the suite has and nobody ran."""
    methods: dict[str, dict[str, Placed]] = {}
    for run in runs:
        methods.setdefault(run.manifest.identity, {})[run.manifest.task.dataset] = run
    rows = []
    for placed in methods.values():
        manifest = next(iter(placed.values())).manifest
        not_run = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
        not_run = {dataset: reason for dataset, reason in not_run.items() if dataset not in placed}
        rows.append(Row(method=manifest.method, model=manifest.model, placed=placed, not_run=not_run))
    there = {(row.method, row.model) for row in rows}
    wanted = dict.fromkeys((cell.strategy, cell.model) for cell in cells(suite))
    for method, model in wanted:
        if (method, model) not in there:
            reasons = {dataset: missing.get(dataset, "not among the runs") for dataset in suite.datasets}
            rows.append(Row(method=method, model=model, placed={}, not_run=reasons))
    return rows


def _with_means(rows: Sequence[Row], suite: SuiteEntry, registry: Registry) -> list[Row]:
    """Give a mean and its rank to the methods that ran on every dataset, and sort the rows."""
    means: dict[int, Resampled] = {}
    for at, row in enumerate(rows):
        measured = [run.figures.ranking for run in row.placed.values()]
        value = float(np.mean([one.value for one in measured])) if not row.not_run else math.nan
        if not math.isnan(value):
            means[at] = Resampled(value=value, values=np.mean([one.values for one in measured], axis=0))
    manifests = (next(iter(rows[at].placed.values())).manifest for at in means)
    reference = _reference(manifests, suite, registry)
    done = list(rows)
    for (at, mean), standing in zip(means.items(), standings(list(means.values()), reference), strict=True):
        low, high = mean.interval(suite.metric) or (None, None)
        done[at] = replace(rows[at], mean=Mean(value=mean.value, low=low, high=high, standing=standing))
    return sorted(done, key=_place_of)


def _place_of(row: Row) -> tuple[float, bool, str]:
    return -_or_lowest(None if row.mean is None else row.mean.value), not row.placed, row.name


def _or_lowest(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value
