"""Pairs with scores and labels, for tests of audits."""

from __future__ import annotations

import numpy as np
import polars as pl

from core_harness.schemas import ROWS

KEY = ["context", "perturbation", "gene"]


def rows(*listed: tuple[str, str, str, int, str]) -> pl.DataFrame:
    return pl.DataFrame(list(listed), schema=dict(ROWS), orient="row")


def scored(seed: int = 0, perturbations: int = 60, genes: int = 10) -> pl.DataFrame:
    """Return pairs whose labels follow their scores exactly as probabilities."""
    rng = np.random.default_rng(seed)
    score = rng.random(perturbations * genes)
    return pl.DataFrame(
        {
            "context": "c",
            "perturbation": np.repeat([f"p{i:03}" for i in range(perturbations)], genes),
            "gene": [f"g{i}" for i in range(genes)] * perturbations,
            "label": (rng.random(len(score)) < score).astype(np.uint8),
            "score": score,
            "status": "ok",
            "gene_rate": [i / genes for i in range(genes)] * perturbations,
        }
    )
