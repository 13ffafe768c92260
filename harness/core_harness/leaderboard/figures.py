"""A run's figures, made again from its predictions, and cached by the digest of all that they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from core_harness.analysis.details import Details
from core_harness.analysis.rescore import predictions_file, with_truth
from core_harness.leaderboard.cache import cache_path, write_cache
from core_harness.leaderboard.suite_datasets import SuiteDataset
from core_harness.metrics import Resampled, checked, measures, report
from core_harness.runs.folder import Run
from core_harness.runs.predictions import FILE, parse


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """All that a board says of a run.

    Attributes
    ----------
    report
        :meth:`core_harness.metrics.Report.as_dict` of the run's predictions.
    ranking
        What the suite ranks by, on all pairs, unanswered ones at their gene's rate; so all runs of a
        dataset are compared on the same pairs, and leaving a pair out gains nothing.
    scores_sha256
        Digest of the scores, pair by pair, to nine decimals: equal predictions have one, however they are
        stored, and whatever rounding the machine did that made them.
    details
        What lies behind them.
    """

    report: Mapping[str, Any]
    ranking: Resampled
    scores_sha256: str
    details: Details

    @property
    def coverage(self) -> float:
        """Share of the asked pairs that have a score."""
        return float(self.report["coverage"]["scored"] / max(1, self.report["coverage"]["pairs"]))

    def as_json(self) -> str:
        """Return the figures as they are cached."""
        values = [None if np.isnan(value) else value for value in self.ranking.values]
        value = None if np.isnan(self.ranking.value) else self.ranking.value
        ranking = {"value": value, "values": values, "scale": self.ranking.scale}
        return json.dumps({**asdict(self), "ranking": ranking}, allow_nan=False)

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Return cached figures. Raises ValueError, KeyError or TypeError where the text holds none."""
        cached = json.loads(text)
        ranking = cached["ranking"]
        value = float("nan") if ranking["value"] is None else float(ranking["value"])
        return cls(
            report=cached["report"],
            ranking=Resampled(
                value=value,
                values=np.array(ranking["values"], dtype=np.float64),
                scale=float(ranking["scale"]),
            ),
            scores_sha256=cached["scores_sha256"],
            details=Details.of_json(cached["details"]),
        )


def figures_of(run: Run, dataset: SuiteDataset, metric: str, *, cache_dir: Path) -> Figures:
    """Return a run's figures: those cached below ``cache_dir``, or made now and cached there.

    Raises :class:`~core_harness.errors.RunError` where the predictions are not the file that the run wrote,
    or not one score, finite or missing, for each pair that the suite asks.
    """
    asked = dataset.loaded.split.queries.height
    content = predictions_file(run, asked)
    path = cache_path(cache_dir, hashlib.sha256(content).hexdigest(), dataset.digest, metric)
    try:
        return Figures.of_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        predictions = parse(content, run.folder / FILE, rows=asked)
        text = _make(predictions, run.name, dataset, metric).as_json()
    write_cache(path, text)
    return Figures.of_json(text)


def resampled(rows: pl.DataFrame, dataset: SuiteDataset, metric: str) -> Resampled:
    """Return what a suite ranks by, of scored rows of one of its datasets."""
    return Resampled.of([measures(rows)[f"{metric}_unanswered_gene_prior"]], dataset.draws)


def _make(predictions: pl.DataFrame, name: str, dataset: SuiteDataset, metric: str) -> Figures:
    scored = with_truth(predictions, dataset.loaded, name)
    rows = checked(scored)
    return Figures(
        report=report(scored, seed=0, resamples=dataset.draws.weights.shape[1]).as_dict(),
        ranking=resampled(rows, dataset, metric),
        scores_sha256=_digest(scored["score"]),
        details=Details.of([scored]),
    )


def _digest(scores: pl.Series) -> str:
    rounded = scores.round(9).fill_null(float("nan")) + 0.0  # one zero, with the sign or without it
    return hashlib.sha256(rounded.to_numpy().tobytes()).hexdigest()
