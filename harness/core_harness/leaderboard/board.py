"""``build()``: from run folders to a ranked board. No figure in a folder is believed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core_harness.errors import RunError
from core_harness.evaluation.contamination import contamination
from core_harness.evaluation.pipeline import Progress
from core_harness.evaluation.spec import RunSpec
from core_harness.leaderboard.admission import Apart, open_to_all, refusal, run_folders, said_of
from core_harness.leaderboard.explained import CARDS, Explainer
from core_harness.leaderboard.figures import figures_of
from core_harness.leaderboard.manifest import Manifest
from core_harness.leaderboard.questions import Question, read_questions
from core_harness.leaderboard.rows import Placed, Row, newest, or_lowest, rows_of
from core_harness.paths import cache_folder
from core_harness.plugins.catalog import Catalog
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.runs.folder import Run
from core_harness.suites.suite import suite_named
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
        return sorted(runs, key=lambda placed: (-or_lowest(placed.figures.ranking.value), placed.page))

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
    kept, superseded = newest(placed)
    explainers = {
        dataset: Explainer(question, entry, registry, components, kept_in=_kept_in())
        for dataset, question in questions.items()
    }
    for at, run in enumerate(kept):
        tell("making evidence cards", at, len(kept))
        dataset, model = run.manifest.task.dataset, run.manifest.model
        pairs = [*run.figures.best[:CARDS], *run.figures.worst[:CARDS]]
        dates = contamination(RunSpec(dataset=dataset, model=model), registry)
        kept[at] = replace(
            run,
            cards=explainers[dataset].cards(run.manifest, pairs),
            caution=None if dates is None else dates.sentence(),
        )
    return Board(
        name=suite,
        suite=entry,
        simulated=bool(questions) and all(one.loaded.task.simulated for one in questions.values()),
        questions=questions,
        missing=missing,
        rows=rows_of(kept, entry, registry, missing),
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
