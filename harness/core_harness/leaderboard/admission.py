"""Which runs a board ranks, and why the others are unranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from core_harness.errors import HarnessError, RunError
from core_harness.evaluation.verdict import not_in_graph
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.pages.untrusted import LONGEST_REASON, short, shown_name
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.folder import Run, open_run
from core_harness.runs.manifest import Manifest, MethodReference
from core_harness.text import part_of, plain, regime_of
from core_harness.vocabulary import ScriptedName

EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""No run of this program is older."""
AHEAD = timedelta(days=1)
"""How far the clock of another machine may go ahead of this one's."""


@dataclass(frozen=True, kw_only=True)
class Unranked:
    """A run that is on the board without a rank.

    Attributes
    ----------
    run
        Its folder's name.
    method, dataset
        What its manifest says; empty where that cannot be read.
    reason
        Why it is not ranked.
    """

    run: str
    method: str
    dataset: str
    reason: str


def run_folders(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield run folders: each path is one, or holds some directly below it.

    What is called ``run.json`` need not be a file that can be read; that is found out when it is opened.

    Raises :class:`~core_harness.errors.RunError` for a path that is neither.
    """
    for path in paths:
        if _is_there(path / "run.json"):
            yield path
            continue
        try:
            below = sorted(
                found for found in path.iterdir() if not found.is_symlink() and _is_there(found / "run.json")
            )
        except OSError as error:
            raise RunError(f"{path} cannot be read: {error.strerror}") from None
        if not below:
            raise RunError(f"{path} is no run folder and holds none; `core-harness eval` makes them")
        yield from below


def _is_there(path: Path) -> bool:
    """Return whether there is a file, a link, a pipe or anything else of that name."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def open_untrusted(folder: Path) -> Run | Unranked:
    """Open a run folder that anyone may have written."""
    try:
        return open_run(folder)
    except RunError as error:
        reason = message_without_path(folder, error)
    return Unranked(run=shown_name(folder.name), method="", dataset="", reason=reason)


def message_without_path(folder: Path, error: HarnessError) -> str:
    """Return what is wrong with a run, short, and without the path of its folder on this machine."""
    return short(str(error).replace(plain(str(folder)), shown_name(folder.name)), LONGEST_REASON)


def refusal(
    manifest: Manifest, suite: SuiteEntry, datasets: Mapping[str, SuiteDataset], missing: Mapping[str, str]
) -> str | None:
    """Return why a run cannot be ranked in a suite, by its manifest; None where it can be."""
    return next(_objections(manifest, suite, datasets, missing), None)


def _objections(
    manifest: Manifest, suite: SuiteEntry, datasets: Mapping[str, SuiteDataset], missing: Mapping[str, str]
) -> Iterator[str]:
    task, asking = manifest.task, manifest.asking
    ended = None if asking is None else asking.ended
    if task.dataset in missing:
        yield missing[task.dataset]
    if task.dataset not in datasets:
        yield f"its dataset {task.dataset!r} is not part of the suite"
        return
    if manifest.state != "complete":
        why = f": {ended}" if ended else ""
        yield f"{'partial' if manifest.state == 'partial' else 'incomplete'}{why}"
    if unknown := not_in_graph((manifest.identifiers or {}).get("in_graph")):
        yield unknown
    if manifest.control is not None:
        yield f"a control ({manifest.control}), not a method"
    if part := part_of(manifest.part.model_dump()):
        yield f"part of the dataset only: {part}"
    # a list of contexts may name a line's own
    own = {*datasets[task.dataset].loaded.split.queries["context"]}
    wanted = (suite.task, suite.regime, {*suite.support_contexts} - own, suite.gene_holdout)
    if (task.question, task.regime, {*task.support_contexts} - own, task.gene_holdout) != wanted:
        yield f"another question: {task.question}, {regime_of(asdict(task))} regime"
    if manifest.file is not None and manifest.file.trained_on is None:
        yield "what it was trained on is not declared; `core-harness score --trained-on` does"
    if manifest.dataset_sha256 != datasets[task.dataset].loaded.digest:
        yield f"made on other rows than those of {task.dataset} here (their sha256 differs)"
    if fault := _date_fault(manifest.finished):
        yield f"finished: {fault}"
    all_generated = all(dataset.loaded.task.simulated for dataset in datasets.values())
    if asking and asking.simulated and not all_generated:
        yield "simulated answers"
    if (name := scripted_model(manifest.method)) and not all_generated:
        yield f"simulated answers: {name} is a scripted model, whatever the record says of its answers"


def scripted_model(method: MethodReference) -> str | None:
    """Return the name of the scripted model among the names in a method; None where there is none."""
    llm = method.components.get("llm")
    settings = {} if llm is None else {**(llm.changes_answers or {}), **llm.parameters}
    names = (method.model, llm and llm.name, settings.get("model"))
    last = (name.rsplit("/", 1)[-1].strip().lower() for name in names if isinstance(name, str))
    return next((name for name in last if name in get_args(ScriptedName)), None)


def _date_fault(text: str) -> str | None:
    """Return what is wrong with the date of a run; None where it may be true."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return f"{text!r:.100} is no date of ISO 8601"
    date = date.replace(tzinfo=date.tzinfo or UTC)
    if not EARLIEST <= date <= datetime.now(UTC) + AHEAD:
        return f"{text} lies {'before this program' if date < EARLIEST else 'in the future'}"
    return None
