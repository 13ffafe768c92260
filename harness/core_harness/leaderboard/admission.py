"""Which runs a board ranks, and why the others are unranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core_harness.errors import RunError
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.folder import Run, open_run
from core_harness.runs.manifest import Manifest
from core_harness.text import part_of, plain, regime_of


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

    Raises :class:`~core_harness.errors.RunError` for a path that is neither.
    """
    for path in paths:
        if (path / "run.json").is_file():
            yield path
            continue
        below = sorted(found.parent for found in path.glob("*/run.json"))
        if not below:
            raise RunError(f"{path} is no run folder and holds none; `core-harness eval` makes them")
        yield from below


def open_untrusted(folder: Path) -> Run | Unranked:
    """Open a run folder that anyone may have written."""
    try:
        return open_run(folder)
    except RunError as error:
        return Unranked(
            run=plain(folder.name), method="", dataset="", reason=message_without_path(folder, error)
        )


def message_without_path(folder: Path, error: RunError) -> str:
    """Return what is wrong with a run, without the path of its folder on this machine."""
    return plain(str(error).replace(str(folder), folder.name))


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
    if manifest.control is not None:
        yield f"a control ({manifest.control}), not a method"
    if part := part_of(manifest.part.model_dump()):
        yield f"part of the dataset only: {part}"
    wanted = (suite.task, suite.regime, suite.support_contexts, suite.gene_holdout)
    if (task.question, task.regime, task.support_contexts, task.gene_holdout) != wanted:
        yield f"another question: {task.question}, {regime_of(asdict(task))} regime"
    if manifest.dataset_sha256 != datasets[task.dataset].loaded.digest:
        yield f"made on other rows than those of {task.dataset} here (their sha256 differs)"
    all_generated = all(dataset.loaded.task.simulated for dataset in datasets.values())
    if asking and asking.simulated and not all_generated:
        yield "simulated answers"
