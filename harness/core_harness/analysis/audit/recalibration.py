"""How far a run's scores are from probabilities, and how near one fitted curve would bring them."""

from __future__ import annotations

import numpy as np
import polars as pl
from sklearn.isotonic import IsotonicRegression

from core_harness.data.crossfit import folds

FOLDS = 5


def recalibrated(scored: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return scored pairs with their scores recalibrated out of fold.

    The pairs are divided into folds by perturbation (across contexts), and the scores of a fold are put
    through an isotonic regression of labels on scores that was fitted without it (Zadrozny and Elkan
    2002). Pairs without a score stay without one. A fold whose complement holds no score keeps its own.
    """
    assigned = scored.join(folds(scored, number=FOLDS, seed=seed), on="perturbation", how="left")
    parts = []
    for fold in range(FOLDS):
        held = assigned.filter(pl.col("fold") == fold)
        rest = assigned.filter(pl.col("fold") != fold).drop_nulls("score")
        if rest.height:
            curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
            curve.fit(rest["score"].to_numpy(), rest["label"].to_numpy().astype(np.float64))
            held = held.with_columns(_through(curve, held["score"]))
        parts.append(held)
    return pl.concat(parts).drop("fold")


def _through(curve: IsotonicRegression, scores: pl.Series) -> pl.Series:
    known = scores.is_not_null().to_numpy()
    values = np.full(len(scores), np.nan)
    if known.any():
        values[known] = curve.predict(scores.drop_nulls().to_numpy())
    return pl.Series("score", values, nan_to_null=True)
