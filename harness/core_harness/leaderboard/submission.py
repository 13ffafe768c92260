"""``submit()``: a run as a result folder that others can check: what was done, and what was predicted.

A result is a run folder itself, so that every command takes it. Replies, settings of the machine and
whatever else lies in the run stay behind.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from core_harness.analysis.rescore import predictions_of
from core_harness.errors import RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.leaderboard.admission import Unranked
from core_harness.leaderboard.board import admit
from core_harness.leaderboard.suite_datasets import read_datasets
from core_harness.runs.folder import open_run
from core_harness.runs.reading import MOST_SUBMITTER
from core_harness.schemas import PAIRS, PREDICTIONS
from core_harness.suites.suite import suite_named

RESULT_VERSION = 1
"""Version of result folders."""


def submit(folder: Path, suite: str, session: Session, *, out: Path, submitter: str | None = None) -> Path:
    """Write a run as a result of a suite below ``out``, and return its folder; boards name the submitter.

    Raises
    ------
    RunError
        The run would not be ranked, or the result cannot be written, or stands there already.
    UsageError
        There is no such suite, or the submitter's name is too long.
    """
    if submitter is not None and len(submitter) > MOST_SUBMITTER:
        raise UsageError(
            f"the submitter's name has {len(submitter):,} characters; records take {MOST_SUBMITTER} at most"
        )
    entry = suite_named(suite, session.registry)
    run = open_run(folder)
    placed = admit(folder, entry, *read_datasets(entry, session))
    if isinstance(placed, Unranked):
        raise RunError(f"{placed.run} would not be ranked in {suite}: {placed.reason}")
    result = out / suite / placed.page
    if result.exists():
        raise RunError(f"{result} exists: this result was written before")
    predictions = predictions_of(run, placed.figures.report["coverage"]["pairs"]).select(
        *{**PAIRS, **PREDICTIONS}
    )
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=result.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "result"
            new.mkdir(mode=0o755)
            predictions.write_parquet(new / "predictions.parquet", compression="zstd")
            digest = hashlib.sha256((new / "predictions.parquet").read_bytes()).hexdigest()
            changes = {"predictions_sha256": digest, "started": "", "submitter": submitter}
            public = run.manifest.public().model_copy(update=changes)
            record = {"result_version": RESULT_VERSION, **public.as_json()}
            (new / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
            new.rename(result)
    except OSError as error:
        raise RunError(f"cannot write {result}: {error}") from None
    return result
