"""The example of the docs is what ``plugins new`` writes, and one idea."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_evidence import World

from core_harness.plugins.starting import SUMMARIES, start_package
from core_harness.schemas import Task

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-plugin"
OWN = Path("src/core_harness_kish_vote/kish_vote.py")
SUMMARY = "a vote that counts as many relatives as speak for themselves"
TASK = Task(
    dataset="toy", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=True
)


def texts(folder: Path) -> dict[Path, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder): path.read_text(encoding="utf-8") for path in files}


def test_all_but_the_idea_is_what_the_command_writes(tmp_path: Path) -> None:
    written = texts(start_package("aggregator", "kish-vote", tmp_path))
    example = texts(EXAMPLE)
    assert example.pop(OWN) != written.pop(OWN)
    assert example == {path: text.replace(SUMMARIES["aggregator"], SUMMARY) for path, text in written.items()}


def kish_vote() -> Any:
    """Return an object of the example, which is not installed here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLE / "src"))
        return importlib.import_module("core_harness_kish_vote.kish_vote").KishVoteAggregator()


def score(weights: list[float], labels: list[int]) -> float:
    """Return the score of the one query, whose relatives have these weights and labels."""
    relatives = [f"m{number}" for number in range(len(weights))]
    world = World(
        support={("k562", name, "g"): label for name, label in zip(relatives, labels, strict=True)},
        pairs=[(0, "q", "g")],
        relations={("q", name, None): (w, None, None) for name, w in zip(relatives, weights, strict=True)},
    )
    found: pl.DataFrame = kish_vote().predict(TASK, world.evidence(), pl.DataFrame())
    return float(found["score"].item())


def test_a_vote_of_one_weight_counts_as_one_voter() -> None:
    even = score([1.0] * 6, [1, 1, 1, 1, 0, 0])
    uneven = score([1.0, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6], [1, 1, 1, 1, 0, 0])
    rate = 4 / 6
    shrunk = (4 + rate) / 7  # that of the gene, by one pseudo-observation
    assert even == pytest.approx((6 * rate + 4 * shrunk) / 10)
    assert uneven == pytest.approx((1 + 4 * shrunk) / 5, abs=1e-4)


@given(st.lists(st.tuples(st.floats(0.01, 1), st.integers(0, 1)), min_size=1, max_size=6))
def test_the_unit_of_weights_does_not_matter(votes: list[tuple[float, int]]) -> None:
    labels = [label for _, label in votes]
    one, other = (score([weight * unit for weight, _ in votes], labels) for unit in (1.0, 0.1))
    assert one == pytest.approx(other)
