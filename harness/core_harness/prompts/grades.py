"""Prompts that have a model grade the voters: which measured perturbations act most like this one?"""

from __future__ import annotations

import polars as pl

from core_harness.knowledge.facts import Facts
from core_harness.llm.frames import PROMPTS
from core_harness.prompts.pairs import Layout, fact_list
from core_harness.prompts.template import Template
from core_harness.prompts.wording import one_line, wording
from core_harness.schemas import Task


def grade_prompts(
    template: Template,
    task: Task,
    pairs: pl.DataFrame,
    candidates: pl.DataFrame,
    *,
    facts: Facts,
    layout: Layout,
) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.PROMPTS`, one a perturbation (and sample), whatever the genes.

    Its id is that of the perturbation's first pair; its items are the candidates, which are no pairs.
    No label enters. Odd samples have the candidates in the opposite order.

    Parameters
    ----------
    template
        With a part ``candidate``.
    task
        Its agent chooses the wording.
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS`, of one context.
    candidates
        ``perturbation, neighbour``: whom to grade for whom, in the order in which they are shown.
        A perturbation without candidates is not asked about.
    facts, layout
        As in :func:`~core_harness.prompts.pair_prompts`.

    Raises
    ------
    PluginError
        The template is not for grades.
    """
    template.need("candidate", "grades")
    first = pairs.group_by("perturbation").agg(pl.col("pair_id").min(), pl.col("context").first())
    to_grade = (
        candidates.group_by("perturbation", maintain_order=True)
        .agg("neighbour")
        .join(first, on="perturbation")
        .sort("perturbation")
    )
    fixed = wording(task, "grades")
    system = template.fill("system", fixed)
    prompts: list[tuple[int, int, str, str, str, list[str], list[int]]] = []
    for perturbation, neighbours, pair_id, context in to_grade.iter_rows():
        shown = [_candidate(template, name, facts, layout) for name in neighbours]
        for sample in range(layout.samples):
            turn = -1 if sample % 2 else 1
            values = {
                **fixed,
                "perturbation": one_line(perturbation),
                "context": one_line(context),
                "facts": fact_list(perturbation, facts.about(perturbation, layout.facts)),
                "candidates": "\n".join(shown[::turn]),
            }
            user = template.fill("user", values)
            prompts.append((pair_id, sample, "grades", system, user, neighbours[::turn], []))
    return pl.DataFrame(prompts, schema=dict(PROMPTS), orient="row")


def _candidate(template: Template, name: str, facts: Facts, layout: Layout) -> str:
    clauses = facts.about(name, layout.reasons)
    lines = "".join(f"\n- {one_line(clause)}" for clause in clauses)
    return template.fill("candidate", {"neighbour": one_line(name), "facts": lines})
