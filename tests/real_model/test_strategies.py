"""All strategies that ask a model, with a real one: a handful of short prompts about a simulated world."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core_harness import evaluate
from core_harness.evaluation.result import Result
from core_harness.llm import Summary
from core_harness.registry.loading import shipped_registry
from real_model.asking import PAIRS, SHORT, WORLD

pytestmark = [pytest.mark.real_model, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))


def evaluated(
    weights: Path, strategy: str, *, llm: Mapping[str, Any], limit: int | None = None, **organizer: Any
) -> tuple[Result, Summary]:
    """Evaluate on the evaluable pairs, or on ``limit`` of all."""
    (result,) = evaluate(
        "simulated",
        strategy,
        model=f"llamacpp:{weights}",
        parameters={"dataset": WORLD, "organizer": {**SHORT[strategy], **organizer}, "llm": llm},
        only=None if limit else "evaluable",
        limit=limit,
    )
    assert result.asking is not None
    assert (result.asking.ended, result.asking.failed) == (None, 0)
    assert result.simulated == ("data",)  # the answers are real
    assert result.report.coverage.status == {"ok": limit or PAIRS}
    return result, result.asking


def scores(result: Result) -> list[float]:
    return result.predictions.sort("pair_id")["score"].to_list()


def test_every_kind_of_prompt_is_answered_by_one_token(weights: Path) -> None:
    asking = {name for name, entry in shipped_registry().strategies.items() if entry.aggregator == "answer"}
    assert asking == set(SHORT) - {"voting"}
    found = {}
    for strategy in sorted(asking):
        result, summary = evaluated(weights, strategy, llm={"answer": "token"})
        assert summary.calls == summary.completion_tokens == PAIRS
        assert summary.answers is not None
        assert summary.answers.weighed == PAIRS
        assert 0 < (summary.answers.mass or 0.0) <= 1
        found[strategy] = tuple(scores(result))
    assert all(0 < score < 1 for of_one in found.values() for score in of_one)
    assert len(set(found.values())) == len(found)  # it reads what a strategy shows


def test_voters_are_graded(weights: Path) -> None:
    _, summary = evaluated(weights, "voting", llm={"reasoning": 0, "max_tokens": 60})
    assert summary.calls == PAIRS  # a prompt a perturbation
    assert summary.answers is not None
    assert summary.answers.status == {"ok": 2 * PAIRS}


def test_samples_are_drawn_each_and_averaged(weights: Path) -> None:
    llm = {"reasoning": 0, "max_tokens": 60, "temperature": 1.0}
    both, summary = evaluated(weights, "reasoning", llm=llm, samples=2)
    assert summary.calls == 2 * PAIRS
    first, cached = evaluated(weights, "reasoning", llm=llm)
    assert (cached.calls, cached.from_cache) == (0, PAIRS)  # the first of the two
    assert scores(both) != scores(first)
    # the other one, with the evidence the other way round, is at most 1 and at least 0
    others = [2 * mean - one for mean, one in zip(scores(both), scores(first), strict=True)]
    assert all(-1e-9 <= other <= 1 + 1e-9 for other in others)


@pytest.mark.parametrize(("answer", "calls"), [("text", 3), ("token", 6)])
def test_genes_share_a_prompt(answer: str, calls: int, weights: Path) -> None:
    written = {"reasoning": 0, "max_tokens": 100} if answer == "text" else {}
    _, summary = evaluated(
        weights, "isolated", llm={"answer": answer, **written}, limit=6, genes_per_prompt=2
    )
    assert summary.calls == calls  # by token one a pair, behind the same prompt
    assert summary.answers is not None
    assert summary.answers.status == {"ok": 6}
    assert summary.answers.weighed == 6
