"""Built-in components and relations that name the context of the neighbour."""

from __future__ import annotations

import polars as pl
import pytest
from small_evidence import BLOCK, relations

from core_harness import Evidence, Facts
from core_harness.evaluation.checks import check_evidence, check_prompts
from core_harness.knowledge import Graph, Layer
from core_harness.llm.answers import ANSWERS
from core_harness.schemas import Task
from core_harness_plugins.aggregators.potency import Potency
from core_harness_plugins.organizers.few_shot import NearestPairs
from core_harness_plugins.organizers.voters import Voters

TASK = Task(dataset="d", question="de", agent="knockdown", regime="cross-context", seed=0, simulated=True)


def evidence(*rows: tuple[str, str, str | None, float]) -> Evidence:
    names = [(perturbation, neighbour, weight) for perturbation, neighbour, _, weight in rows]
    contexts = pl.Series([row[2] for row in rows], dtype=pl.String)
    return Evidence(BLOCK, relations(*names, neighbour_context=contexts))


def test_voters_are_graded_once_each_and_not_against_themselves() -> None:
    whole = evidence(("P", "M", "a", 0.2), ("P", "M", "b", 0.9), ("P", "N", None, 0.5), ("P", "P", "b", 1.0))
    prompts = check_prompts(Voters(facts=0, reasons=0).prompts(TASK, whole, Facts.none()), whole, "voters")
    assert prompts["items"].to_list() == [["M", "N"]]


def test_examples_are_taken_from_the_contexts_that_are_related() -> None:
    few = NearestPairs(rows=9)
    few.use(Graph.of([Layer.sets("none", pl.DataFrame({"set": ["s"], "gene": ["s"]}))]))
    for context, wanted in (("a", [("a", 1)]), ("b", [("b", 0)]), (None, [("a", 1), ("b", 0)])):
        organized = few.organize(TASK, evidence(("P", "M", context, 0.5)))
        rows = check_evidence(organized, BLOCK, "few-shot").rows()
        assert rows.filter(pair_id=5).select("context", "label").rows() == wanted


@pytest.mark.parametrize(("context", "rate"), [("a", 1.0), ("b", 0.0), (None, 0.5)])
def test_potency_is_that_of_the_contexts_that_are_related(context: str | None, rate: float) -> None:
    answers = pl.DataFrame(schema=dict(ANSWERS))
    scored = Potency(shrinkage=1e-9).predict(TASK, evidence(("P", "M", context, 0.5)), answers)
    # rates are shrunk by one pseudo-observation at the prevalence of .5
    assert scored.filter(pair_id=5)["score"].item() == pytest.approx((rate + 0.5) / 2)
