"""Making a run again from its record, and whether the same predictions come out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.errors import RunError
from core_harness.evaluation import pipeline
from core_harness.evaluation.running import manifest_of
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import spec_of
from core_harness.llm import Journal
from core_harness.runs.differences import differences
from core_harness.runs.folder import Run
from core_harness.runs.predictions import packed
from core_harness.schemas import PAIRS

JSON_VERSION = 1
"""Version of what ``runs reproduce --json`` prints."""


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What came of making a run again.

    Attributes
    ----------
    run
        Its name.
    same_bytes
        Whether the file of predictions is the same, byte by byte.
    pairs, differing
        Pairs of either, and those whose score or status differs.
    largest
        The largest difference of a score; None where no pair has two scores.
    not_asked
        Prompts without an answer in the run's folder or the cache; they were not asked.
    record
        What differs in the record: releases, digests, parameters.
    """

    run: str
    same_bytes: bool
    pairs: int
    differing: int
    largest: float | None
    not_asked: int
    record: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON."""
        return {"schema_version": JSON_VERSION, **self.__dict__, "record": list(self.record)}


def reproduce(session: Session, run: Run) -> Reproduction:
    """Make a run again, without writing it.

    Replies come from the run's own folder, then from the cache; a model is asked for the rest, within the
    session's limits.

    Raises
    ------
    RunError
        The run is not complete, or its dataset or graph is not that of this machine.
    HarnessError
        A component of its record cannot be made, or fails.
    """
    manifest = run.manifest
    if run.state != "complete":
        raise RunError(f"{run.name} is {run.state}; only a complete run can be made again")
    earlier = run.predictions()
    loaded = session.load_of(manifest, run.name)
    method = session.method(manifest.method)
    session.open_knowledge_of(manifest, loaded.dataset, method)
    spec = spec_of(manifest)
    with threadpool_limits(limits=1), TemporaryDirectory() as folder:
        journal = _copied(run.journal, Path(folder) / "replies.sqlite")
        result = pipeline.run_method(session, method, spec, dataset=loaded.dataset, journal=journal)
    keys = [*PAIRS, *(["seed"] if "seed" in earlier.columns else [])]
    joined = earlier.join(result.predictions, on=keys, how="full", coalesce=True, suffix="_now")
    same = pl.col("score").eq_missing(pl.col("score_now")) & pl.col("status").eq_missing(pl.col("status_now"))
    apart = joined.select((pl.col("score") - pl.col("score_now")).abs().max()).item()
    return Reproduction(
        run=run.name,
        same_bytes=packed(result.predictions) == run.content(),
        pairs=joined.height,
        differing=joined.height - int(joined.select(same.sum()).item()),
        largest=apart,
        not_asked=0 if result.asking is None else result.asking.not_asked,
        record=tuple(differences(manifest, manifest_of(session, method, spec, loaded.dataset))),
    )


def _copied(journal: Path | None, to: Path) -> Path | None:
    """Return a copy of a run's journal with its replies alone; None where there is none."""
    if journal is None:
        return None
    with Journal(journal, untrusted=True) as earlier, Journal(to) as copy:
        copy.adopt(earlier.stored())
    return to
