"""Related at random: a control."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl

from core_harness import Block, Task


class RandomNeighbours:
    """All candidates, with weights drawn uniformly from (0, 1].

    The draw of a perturbation is seeded by the task's seed and its name, and goes through the sorted
    candidates: it depends neither on the order of rows nor on the other queries of the block.
    """

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        """Return all pairs of a query and another candidate, sorted."""
        queries, candidates = block.perturbations, block.candidates
        weights = [1 - _generator(task.seed, name).random(len(candidates)) for name in queries]
        return (
            pl.DataFrame(
                {"perturbation": queries, "neighbour": [candidates] * len(queries), "weight": weights},
                schema={
                    "perturbation": pl.String,
                    "neighbour": pl.List(pl.String),
                    "weight": pl.List(pl.Float64),
                },
            )
            .explode("neighbour", "weight")
            .filter(pl.col("perturbation") != pl.col("neighbour"))
        )


def _generator(seed: int, perturbation: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}\n{perturbation}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))
