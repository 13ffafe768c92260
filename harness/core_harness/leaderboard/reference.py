"""What a board makes itself from a dataset: the reference, and what the list of its pairs reaches alone."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from core_harness.analysis.rescore import predictions_file
from core_harness.data.rates import gene_rate_in
from core_harness.errors import HarnessError, RunError
from core_harness.evaluation.methods import Method
from core_harness.evaluation.running import evaluate_method
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.leaderboard.cache import cache_path
from core_harness.leaderboard.figures import resampled
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.metrics import Resampled, checked
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.folder import Run, open_run
from core_harness.suites.cell import Cell
from core_harness.suites.suite import spec_of_suite

NAME = "made by this board"
"""In place of the name of a run folder."""


def reference_run(
    dataset: SuiteDataset, suite: SuiteEntry, session: Session, *, cache_dir: Path
) -> Run | None:
    """Return the reference of a suite on one of its datasets, run here, or before below ``cache_dir``.

    None, and a notice, where it cannot be run on this machine.
    """
    spec = spec_of_suite(suite, Cell(dataset=dataset.name, strategy=suite.reference, model=None))
    try:
        (method,) = session.methods(spec)
        graph = session.graph_of(dataset.loaded.dataset, method)
        made_from = (method.reference.definition_sha256, graph.digest if graph else "", dataset.digest)
        folder = cache_path(cache_dir, "reference", *made_from).with_suffix("")
        return _made_before(folder, dataset) or _make(folder, method, spec, session)
    except HarnessError as error:
        session.notice(f"the reference {suite.reference} was not run on {dataset.name}: {error}")
        return None


def _made_before(folder: Path, dataset: SuiteDataset) -> Run | None:
    """Return the run that is cached as a folder; None where there is none, or a damaged one."""
    try:
        run = open_run(folder)
        predictions_file(run, dataset.loaded.split.queries.height)
    except RunError:
        return None
    return run


def _make(folder: Path, method: Method, spec: RunSpec, session: Session) -> Run:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        evaluate_method(session, method, spec, out=Path(scratch))
        (made,) = Path(scratch).iterdir()
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)
    return open_run(folder)


def listing(dataset: SuiteDataset, metric: str) -> Resampled:
    """Return what the list of asked pairs reaches alone: the number of pairs of a perturbation as its score.

    Where negatives were sampled, that number tells how many genes respond. Whether few or many pairs speak
    for a response is chosen by the truth, so that the figure is the most that listing reaches.
    """
    loaded = dataset.loaded
    asked = loaded.split.queries
    number = pl.len().over("context", "perturbation").cast(pl.Float64)
    rows = asked.join(loaded.split.truth, on="pair_id").with_columns(
        score=number, status=pl.lit("ok"), gene_rate=gene_rate_in(loaded.split, asked)
    )
    more = resampled(checked(rows), dataset, metric)
    if math.isnan(more.value) or more.value >= 0.5:
        return more
    return replace(more, value=1 - more.value, values=1 - more.values)
