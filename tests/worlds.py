"""Small datasets for tests, as strategies of hypothesis and as plain frames."""

from __future__ import annotations

import numpy as np
import polars as pl

from core_harness.schemas import ROWS


def world(
    *, seed: int = 0, perturbations: int = 20, genes: int = 12, contexts: tuple[str, ...] = ("c",)
) -> pl.DataFrame:
    """Return checked, sorted rows of a world without any structure, about a third of it unmeasured."""
    rng = np.random.default_rng(seed)
    rows = [
        (context, f"P{p:02}", f"G{g:02}", int(rng.random() < 0.3), "test" if p % 4 == 0 else "train")
        for context in contexts
        for p in range(perturbations)
        for g in range(genes)
        if rng.random() < 0.7
    ]
    return pl.DataFrame(rows, schema=dict(ROWS), orient="row").sort("context", "perturbation", "gene")
