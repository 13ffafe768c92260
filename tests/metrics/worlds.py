"""Small scored frames for tests, and the same metrics by scikit-learn, one loop at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    matthews_corrcoef,
    roc_auc_score,
)

from core_harness.metrics import SCORED, checked, measures
from core_harness.metrics.segments import Floats

SIXTEENTHS = st.integers(0, 16).map(lambda k: k / 16)
"""Scores with many ties, exact in binary."""


@st.composite
def scored_frames(
    draw: st.DrawFn,
    scores: st.SearchStrategy[float] | st.SearchStrategy[float | None] = SIXTEENTHS,
    min_size: int = 0,
) -> pl.DataFrame:
    """Draw up to 40 distinct pairs of 2 contexts, 5 perturbations and 4 genes, in any order."""
    genes = [(context, gene) for context in "ab" for gene in "wxyz"]
    rate = dict(zip(genes, draw(st.lists(SIXTEENTHS, min_size=8, max_size=8)), strict=True))
    pair = st.tuples(st.sampled_from("ab"), st.sampled_from("pqrst"), st.sampled_from("wxyz"))
    pairs = draw(st.lists(pair, unique=True, min_size=min_size, max_size=40))
    rows = [(*p, draw(st.integers(0, 1)), draw(scores), "ok", rate[p[0], p[2]]) for p in pairs]
    return pl.DataFrame(rows, schema=dict(SCORED), orient="row")


def weights_of(clusters: int) -> st.SearchStrategy[Floats]:
    """Draw how often each cluster counts: a whole number, 0 included; shape (clusters, 1)."""
    weights = st.lists(st.integers(0, 3), min_size=clusters, max_size=clusters)
    return weights.map(lambda drawn: np.array(drawn, dtype=np.float64).reshape(clusters, 1))


def repeated(rows: pl.DataFrame, weights: Floats) -> pl.DataFrame:
    """Return each row as often as its cluster was drawn: a resample in the flesh."""
    times = weights[rows["cluster"].to_numpy(), 0].astype(np.int64)
    return rows[np.repeat(np.arange(rows.height), times)]


def values(frame: pl.DataFrame, *names: str) -> dict[str, float | None]:
    """Return these metrics of a frame as a report would, None where not defined, and compute no others."""
    found = measures(checked(frame))
    estimates = {name: found[name].estimate() for name in names}
    return {name: None if np.isnan(value) else value for name, value in estimates.items()}


def by_sklearn(rows: pl.DataFrame, weight: Floats | None = None) -> dict[str, float]:
    """Return metrics of answered pairs by name, NaN where not defined; ``weight`` is one number a row."""
    rows = rows.with_columns(weight=pl.Series(np.ones(rows.height) if weight is None else weight))
    rows = rows.filter(pl.col("weight") > 0)
    gene, contrasts = _aurocs(rows, ("context", "gene"))
    perturbation, _ = _aurocs(rows, ("context", "perturbation"))
    pooled, _ = _aurocs(rows, ())
    ranking = {
        "macro_gene_auroc": _mean(gene),
        "macro_gene_auroc_weighted": float(np.average(gene, weights=contrasts)) if gene else np.nan,
        "macro_perturbation_auroc": _mean(perturbation),
        "pooled_auroc": _mean(pooled),
    }
    label, score, rate, weight = (
        rows[column].to_numpy() for column in ("label", "score", "gene_rate", "weight")
    )
    times = weight.astype(np.int64)
    yes = score >= 0.5
    prior = {
        "gene_prior_correlation": _spearman(score.repeat(times), rate.repeat(times)),
        "gene_prior_correlation_labels": _spearman(label.repeat(times), rate.repeat(times)),
    }
    if not len(label):
        names = ("pooled_auprc", "accuracy", "balanced_accuracy", "f1", "mcc", "brier", "brier_skill")
        sums = ("log_loss", "calibration_ratio", "overestimation")
        return ranking | dict.fromkeys((*names, *sums), np.nan) | prior
    both = 0 < label.sum() < len(label)
    brier, of_rate = (
        brier_score_loss(label, probability, sample_weight=weight, pos_label=1)
        for probability in (score, rate)
    )
    positives = float(weight @ label)
    return {
        **ranking,
        "pooled_auprc": average_precision_score(label, score, sample_weight=weight) if positives else np.nan,
        "accuracy": accuracy_score(label, yes, sample_weight=weight),
        "balanced_accuracy": balanced_accuracy_score(label, yes, sample_weight=weight) if both else np.nan,
        "f1": f1_score(label, yes, sample_weight=weight, zero_division=np.nan),
        "mcc": matthews_corrcoef(label, yes, sample_weight=weight)
        if both and 0 < yes.sum() < len(yes)
        else np.nan,
        "brier": brier,
        "brier_skill": 1 - brier / of_rate if of_rate else np.nan,
        "log_loss": -np.average(np.log(np.where(label == 1, score, 1 - score).clip(1e-6)), weights=weight),
        "calibration_ratio": float(weight @ score) / positives if positives else np.nan,
        "overestimation": float(weight @ yes) / positives if positives else np.nan,
        **prior,
    }


def _spearman(first: Floats, second: Floats) -> float:
    if len(set(first)) < 2 or len(set(second)) < 2:
        return np.nan
    return float(spearmanr(first, second).statistic)


def _aurocs(rows: pl.DataFrame, by: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return AUROC and positives x negatives of the segments that have both classes."""
    segments = rows.partition_by(by, maintain_order=True) if by else [rows]
    values, contrasts = [], []
    for segment in segments:
        label, weight = segment["label"].to_numpy(), segment["weight"].to_numpy()
        if len(set(label)) == 2:
            values.append(float(roc_auc_score(label, segment["score"].to_numpy(), sample_weight=weight)))
            contrasts.append(float(weight[label == 1].sum() * weight[label == 0].sum()))
    return values, contrasts


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else np.nan
