"""The run folder: one method on one dataset, in plain versioned files.

``run.json`` is written first, with the state ``running``; ``predictions.parquet`` and ``report.json``
follow; the final state comes last, so a folder never looks more finished than it is. Predictions hold
no labels: to make the metrics again takes the dataset too.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.errors import RunError
from core_harness.llm import Summary
from core_harness.runs import report
from core_harness.runs.manifest import Manifest, parse_manifest
from core_harness.runs.predictions import FILE, packed, parse, read_content
from core_harness.runs.reading import read_json
from core_harness.runs.run_sections import sections
from core_harness.runs.writing import write_whole, written_by_us
from core_harness.sections import InSections, Section

DEFAULT_FOLDER = Path("runs")


_JOURNAL = "replies.sqlite"


@dataclass(frozen=True)
class Run(InSections):
    """A run folder, opened for reading."""

    folder: Path
    manifest: Manifest
    made_again: Mapping[str, Any] | None = None
    """The metrics, where they were made again as the folder has none."""

    @property
    def name(self) -> str:
        """The folder's name, by which commands take it."""
        return self.folder.name

    @property
    def state(self) -> str:
        """``complete``, ``partial`` (asking ended early), or ``running`` (not ended, or killed)."""
        return self.manifest.state

    @property
    def has_report(self) -> bool:
        """Whether there are metrics to show; a result that was handed in has none of its own."""
        return self.made_again is not None or (self.folder / report.FILE).exists()

    @property
    def journal(self) -> Path | None:
        """The file of replies; None where no model was asked, or the result was handed in without it."""
        path = self.folder / _JOURNAL
        return path if path.exists() else None

    def sections(self) -> Iterator[Section]:
        """Return what it is a run of, and its metrics."""
        return sections(self)

    def report(self) -> Mapping[str, Any]:
        """Return the metrics as they were written. Raises :class:`RunError`."""
        return report.read_report(self.folder) if self.made_again is None else self.made_again

    def predictions(self) -> pl.DataFrame:
        """Return the predictions with the pairs they are about. Raises :class:`RunError`."""
        return parse(self.content(), self.folder / FILE)

    def content(self) -> bytes:
        """Return the file of predictions, as bytes. Raises :class:`RunError`."""
        return read_content(self.folder)


@contextmanager
def new_run(parent: Path, manifest: Manifest) -> Iterator[RunWriter]:
    """Start a run folder below ``parent``, for a record without state and times.

    Where the run fails before its end, the folder is removed, unless it holds a journal of replies: those
    were paid for, and the run can be resumed.
    """
    started = datetime.now(UTC)
    words = f"{manifest.task.dataset} {manifest.method.label} {manifest.control or ''}"
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60].rstrip("-")
    identity = hashlib.sha256(json.dumps(manifest.as_json(), sort_keys=True).encode()).hexdigest()[:8]
    begun = manifest.model_copy(update={"state": "running", "started": started.isoformat(timespec="seconds")})
    try:
        folder = _make_folder(parent, f"{started:%Y%m%dT%H%M%SZ}-{slug}-{identity}")
    except OSError as error:
        raise RunError(
            f"cannot write a run below {parent}: {error}; choose another folder with --out"
        ) from None
    writer = RunWriter(folder, begun)
    try:
        with written_by_us(folder):
            writer.write_json("run.json", begun.as_json())
            yield writer
    except BaseException:
        if not writer.journal.exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def reopen_run(folder: Path) -> Iterator[RunWriter]:
    """Continue a run that did not come to its end.

    Raises :class:`RunError` for one that did, and for one that another process is writing.
    """
    open_run(folder)
    with written_by_us(folder):
        run = open_run(folder)  # as it is now that it is ours
        if run.state == "complete":
            raise RunError(f"{run.name} is complete; there is nothing to resume")
        yield RunWriter(folder, run.manifest)


@dataclass(frozen=True)
class RunWriter:
    """A run folder that is being written; each file appears whole or not at all."""

    folder: Path
    manifest: Manifest

    @property
    def journal(self) -> Path:
        """The file of replies; it exists where a model was asked."""
        return self.folder / _JOURNAL

    def finish(self, predictions: pl.DataFrame, metrics: Mapping[str, Any], asking: Summary | None) -> Run:
        """Write predictions, metrics and, last, the final state.

        ``asking`` is the summary of what was asked; a run whose asking ended early is ``partial``. Raises
        :class:`RunError` where a file cannot be written; the run is not at its end then.
        """
        content = packed(predictions)
        write_whole(self.folder / FILE, content)
        self.write_json(report.FILE, metrics)
        ended = self.manifest.model_copy(
            update={
                "state": "partial" if asking is not None and asking.ended else "complete",
                "asking": asking,
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "predictions_sha256": hashlib.sha256(content).hexdigest(),
            }
        )
        self.write_json("run.json", ended.as_json())
        return Run(self.folder, ended)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write one JSON file. Raises :class:`RunError`."""
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
        write_whole(self.folder / name, text.encode())


def open_run(folder: Path) -> Run:
    """Open a run folder for reading. Raises :class:`RunError` for one that is none, or of another schema."""
    path = folder / "run.json"
    if not path.exists() and not path.is_symlink():
        raise RunError(
            f"{folder} is not a run folder (it holds no run.json); `core-harness runs list` shows them"
        )
    return Run(folder, parse_manifest(read_json(path), str(path)))


def find_run(name: str, parent: Path) -> Run:
    """Open the run that a person calls ``name``, below ``parent`` or as a path. Raises :class:`RunError`."""
    return open_run(parent / name if (parent / name).is_dir() else Path(name))


def list_runs(parent: Path, *, notice: Callable[[str], None] | None = None) -> list[Run]:
    """Return the runs directly below ``parent``, oldest first; none where the folder does not exist.

    A folder that cannot be read as a run is left out; ``notice`` is called with a line that says why.
    """
    runs = []
    for path in sorted(parent.glob("*/run.json")):
        try:
            runs.append(open_run(path.parent))
        except RunError as error:
            if notice is not None:
                notice(f"left out: {error}")
    return runs


def _make_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", *(f"-{n}" for n in range(2, 1000))):
        try:
            (parent / f"{name}{suffix}").mkdir()
        except FileExistsError:
            continue
        return parent / f"{name}{suffix}"
    raise FileExistsError(f"{name} and 998 more of its name exist")
