"""The sentence says what the interval says, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from core_harness.evaluation.verdict import REASONS, Basis, no_verdict, verdict


def result(name: str, value: float | None, half: float | None, pooled: float = 0.5) -> dict[str, Any]:
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    genes = 2 if low is None else 40
    gene = {"value": value, "low": low, "high": high, "genes": genes, "perturbations": 9}
    return {
        "strategy": name,
        "metrics": {"macro_gene_auroc": gene, "pooled_auroc": {"value": pooled}},
        "coverage": {"pairs": 10, "scored": 10, "status": {"ok": 10}},
        "asking": None,
        "simulated_parts": [],
    }


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
        (
            [result("a", 0.48, 0.3, 0.96), result("b", 0.52, 0.2)],
            "a (0.480 [0.180, 0.780]) and b (0.520 [0.320, 0.720]) are not known to differ from chance.",
        ),
        ([result("a", 0.4, 0.05)], "a (0.400 [0.350, 0.450]) is below chance within genes."),
        (
            [result("a", None, None)],
            "a: no verdict, too few genes have both classes (2; an interval needs 6).",
        ),
        (
            [result("a", 0.9, None), result("b", 0.5, 0.0)],
            (
                "a: no verdict, too few genes have both classes (2; an interval needs 6); "
                "b (0.500) is at chance within genes."
            ),
        ),
    ],
)
def test_the_sentence_follows_the_interval(results: list[dict[str, Any]], sentence: str) -> None:
    assert verdict(results) == sentence


DATES = {"perturbations": 30, "known": 8, "looks": "dates", "mend": "write symbols"}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (
            DATES,
            "8 of 30 perturbations are in the graph; the others look like dates: write symbols",
        ),
        (
            {**DATES, "known": 0, "looks": "dates"},
            "0 of 30 perturbations are in the graph; these look like dates: write symbols",
        ),
        ({**DATES, "looks": ""}, "8 of 30 perturbations are in the graph; write approved symbols of genes"),
        ({**DATES, "known": 15}, None),
        (None, None),
        ({"known": "many", "perturbations": []}, None),
        ("anything", None),
    ],
)
def test_a_graph_that_knows_under_half_gives_no_verdict(found: object, why: str | None) -> None:
    assert no_verdict(basis(in_graph=found)) == why
    sentence = "a (0.700 [0.680, 0.720]) tells perturbations of the same gene apart."
    told = verdict([{**result("a", 0.7, 0.02), "in_graph": found}])
    assert told == (sentence if why is None else f"a: no verdict, {why}.")


def basis(**changes: Any) -> Basis:
    known: dict[str, Any] = {
        "scored": 10,
        "status": {"ok": 10},
        "interval": True,
        "genes": 40,
        "perturbations": 9,
        "ended": None,
        "simulated": (),
    }
    return Basis(**{**known, **changes})


NONE = {"scored": 0, "status": {"unparsed": 10}, "interval": False}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"simulated": ("data",)}, None),
        ({"simulated": ("data", "answers")}, None),
        ({"status": {"no_evidence": 9, "ok": 1}}, None),
        (NONE, "it answered nothing"),
        ({**NONE, "ended": "a wrong key"}, "it answered nothing"),
        ({"status": {"no_evidence": 10}}, "no related perturbation was found for any pair"),
        ({"scored": 4, "status": {"no_contrast": 4, "failed": 6}}, "no related perturbation was found"),
        ({"interval": False, "genes": 5}, "too few genes have both classes (5; an interval needs 6)"),
        ({"interval": False, "perturbations": 5}, "too few perturbations (5; an interval needs 6)"),
        ({"interval": False}, "its figure has no interval"),
        ({"ended": "max calls 5 is used up"}, "it is partial (max calls 5 is used up)"),
        ({"simulated": ("answers",)}, "a scripted model gave its answers"),
    ],
)
def test_a_method_without_a_basis_gets_no_verdict(changes: dict[str, Any], why: str | None) -> None:
    found = no_verdict(basis(**changes))
    assert found is None if why is None else found is not None and found.startswith(why)


def test_each_reason_says_in_its_docstring_when_it_holds() -> None:
    assert len(REASONS) == len({reason.__doc__ for reason in REASONS}) == 7


def test_no_figure_is_told_of_a_method_without_a_verdict() -> None:
    nothing = result("reasoning", None, None) | {
        "coverage": {"pairs": 9, "scored": 0, "status": {"failed": 9}}
    }
    assert verdict([nothing, result("a", 0.5, 0.0)]) == (
        "reasoning: no verdict, it answered nothing; a (0.500) is at chance within genes."
    )
