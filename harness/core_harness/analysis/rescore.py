"""A run's predictions with the truth: the dataset is read again, and no figure in the folder is believed.

Metrics on disk are what some program once wrote. Comparisons, audits and boards make them again from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from core_harness.data.rates import gene_rate_in
from core_harness.errors import RunError
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.session import Session
from core_harness.evidence import controls
from core_harness.metrics import Report, mean_report, report
from core_harness.runs.folder import Run
from core_harness.runs.predictions import FILE, parse, read_content
from core_harness.schemas import PAIRS, Task


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A run whose predictions stand with the truth.

    Attributes
    ----------
    run
        The folder.
    loaded
        Its dataset, divided as the run divided it.
    task
        What was asked, as the run states it: in its regime, and simulated where data or answers are.
    repeats
        Frames of :data:`core_harness.metrics.SCORED` with ``pair_id``, sorted by it: one, or under a
        control one for each seed.
    """

    run: Run
    loaded: Loaded
    task: Task
    repeats: tuple[pl.DataFrame, ...]


def rescore(run: Run, session: Session) -> Scored:
    """Set the predictions of a run against the truth.

    Raises
    ------
    RunError
        The run did not end, its dataset is another one now, or its predictions are not the file that it
        wrote, or not one score, finite or missing, for each pair that was asked.
    DataError, UsageError
        The dataset cannot be read again.
    """
    if run.state != "complete":
        raise RunError(
            f"{run.name} is incomplete (its state is {run.state!r}), so its figures do not count; continue "
            "it with `core-harness eval --resume`, or evaluate again"
        )
    loaded = session.load_of(run.manifest, run.name)
    asked = controls.repeats(run.manifest.control, run.manifest.control_seeds)
    predictions = predictions_of(run, loaded.split.queries.height * asked)
    seeds = predictions.partition_by("seed", maintain_order=True) if "seed" in predictions.columns else None
    repeats = tuple(with_truth(frame, loaded, run.name) for frame in seeds or [predictions])
    answered_by_script = "answers" in run.manifest.simulated
    simulated = loaded.task.simulated or answered_by_script
    task = replace(loaded.task, regime=run.manifest.task.regime, simulated=simulated)
    return Scored(run=run, loaded=loaded, task=task, repeats=repeats)


def with_report(run: Run, session: Session) -> Run:
    """Return a complete run with its metrics, made again where its folder has none.

    Raises what :func:`rescore` does.
    """
    if run.has_report:
        return run
    scored = rescore(run, session)
    made = report_of(scored.repeats, seed=scored.task.seed, resamples=session.resamples)
    return replace(run, made_again=made.as_dict())


def report_of(repeats: Sequence[pl.DataFrame], *, seed: int, resamples: int) -> Report:
    """Return the report of scored pairs: one frame, or one a seed of a control, whose mean it is."""
    if len(repeats) == 1:
        return report(repeats[0], seed=seed, resamples=resamples)
    # seeds give the interval of a control
    return mean_report([report(rows, seed=seed + at, resamples=0) for at, rows in enumerate(repeats)])


def predictions_of(run: Run, rows: int) -> pl.DataFrame:
    """Return the predictions of a run that was asked ``rows`` pairs. Raises RunError."""
    return parse(predictions_file(run, rows), run.folder / FILE, rows=rows)


def predictions_file(run: Run, rows: int) -> bytes:
    """Return the file of the predictions of a run that was asked ``rows`` pairs.

    Raises RunError where they are not the file that the run wrote.
    """
    content = read_content(run.folder, rows=rows)
    if hashlib.sha256(content).hexdigest() != run.manifest.predictions_sha256:
        path = run.folder / FILE
        raise RunError(f"{path} is not the file that the run wrote (its sha256 differs); evaluate again")
    return content


def with_truth(predictions: pl.DataFrame, loaded: Loaded, name: str) -> pl.DataFrame:
    """Return :data:`core_harness.metrics.SCORED` rows with ``pair_id``, sorted by it.

    Raises :class:`~core_harness.errors.RunError` where there is not one score, finite or missing, for each
    pair that was asked; ``name`` is the run's, for the message.
    """
    asked = loaded.split.queries
    key = list(PAIRS)
    twice = predictions.height - predictions["pair_id"].n_unique()
    missing = asked.join(predictions, on=key, how="anti").height
    strange = predictions.join(asked, on=key, how="anti").height
    infinite = predictions.filter(~pl.col("score").is_finite()).height
    faults = {
        "pairs have no prediction": missing,
        "predictions are about no pair that was asked": strange,
        "pairs are predicted twice": twice,
        "scores are not finite": infinite,
        "predictions have no status": predictions["status"].null_count(),
    }
    if found := [f"{number} {fault}" for fault, number in faults.items() if number]:
        raise RunError(f"{name}: {', '.join(found)}; evaluate again")
    rate = gene_rate_in(loaded.split, asked).alias("gene_rate")
    return (
        asked.with_columns(rate)
        .join(loaded.split.truth, on="pair_id")
        .join(predictions.select("pair_id", "score", "status"), on="pair_id")
        .sort("pair_id")
    )
