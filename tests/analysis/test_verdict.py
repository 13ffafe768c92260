"""The sentence says what the interval says, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from core_harness.analysis.verdict import verdict


def result(name: str, value: float | None, half: float | None, pooled: float = 0.5) -> dict[str, Any]:
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    gene = {"value": value, "low": low, "high": high}
    return {"strategy": name, "metrics": {"macro_gene_auroc": gene, "pooled_auroc": {"value": pooled}}}


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (
            [result("a", 0.5, 0.0, 0.96)],
            "a (pooled 0.960, per gene 0.500) looks good over all pairs and is at chance within genes.",
        ),
        ([result("a", 0.52, 0.03)], "a (0.520) is at chance within genes."),
        (
            [result("a", 0.7, 0.02), result("b", 0.6, 0.02)],
            (
                "a (0.700 [0.680, 0.720]) and b (0.600 [0.580, 0.620]) "
                "tell perturbations of the same gene apart."
            ),
        ),
        ([result("a", 0.4, 0.05)], "a (0.400 [0.350, 0.450]) is below chance within genes."),
        (
            [result("a", None, None)],
            "a cannot be judged within genes: too few of them have both classes.",
        ),
        (
            [result("a", 0.9, None), result("b", 0.5, 0.0)],
            (
                "a cannot be judged within genes: too few of them have both classes; "
                "b (0.500) is at chance within genes."
            ),
        ),
    ],
)
def test_the_sentence_follows_the_interval(results: list[dict[str, Any]], sentence: str) -> None:
    assert verdict(results) == sentence
