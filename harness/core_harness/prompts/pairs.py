"""Prompts about pairs: by themselves, with examples, or with evidence in two groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from core_harness.errors import UsageError
from core_harness.knowledge.facts import Facts
from core_harness.llm.formats import Form
from core_harness.llm.frames import PROMPTS
from core_harness.prompts.template import Template
from core_harness.prompts.wording import applied, asks, one_line, outcomes, wording
from core_harness.schemas import Task

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a prompt holds, and how often it is drawn.

    Attributes
    ----------
    facts
        Clauses about a perturbation, about a gene, and about the two together, at most so many each.
    reasons
        Clauses about what relates a row of evidence to the perturbation, at most.
    genes_per_prompt
        Genes of one perturbation that share a prompt, at most.
    samples
        Times that each prompt is drawn. Odd draws have the evidence in the opposite order, so that what
        a model owes to positions cancels out.

    Raises
    ------
    UsageError
        A number is too small.
    """

    facts: int = 0
    reasons: int = 0
    genes_per_prompt: int = 1
    samples: int = 1

    def __post_init__(self) -> None:
        for name, least in (("facts", 0), ("reasons", 0), ("genes_per_prompt", 1), ("samples", 1)):
            if (value := getattr(self, name)) < least:
                raise UsageError(f"organizer parameter {name}={value}: it must be at least {least}")


def pair_prompts(
    template: Template,
    task: Task,
    pairs: pl.DataFrame,
    rows: pl.DataFrame | None,
    *,
    facts: Facts,
    layout: Layout,
) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.PROMPTS` about all ``pairs``, those of a perturbation together.

    What a perturbation's prompts share comes first in them, so that providers that keep prefixes need
    not read it again. The id of a prompt is that of its first pair.

    Parameters
    ----------
    template
        With the parts ``gene`` and, for evidence, ``row``; with a part ``group`` the evidence is divided
        by outcome, with a part ``both`` two questions are asked at once, of one gene a prompt.
    task
        Its question and agent choose the wording.
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS`, of one context.
    rows
        Frame of :data:`~core_harness.schemas.EVIDENCE`, best first within each pair; None shows none.
    facts
        Of the knowledge graph.
    layout
        How much of it all a prompt holds.

    Raises
    ------
    PluginError
        The template is not about pairs, or has no part ``row`` where there are rows to be shown.
    UsageError
        Both questions would be asked of several genes in a prompt.
    """
    template.need("gene", "prompts about pairs")
    if rows is not None:
        template.need("row", "prompts with evidence")
    both = "both" in template.parts
    if both and layout.genes_per_prompt > 1:
        raise UsageError("both questions are asked of one gene a prompt; leave out genes_per_prompt")
    rows_of = _by_pair(rows)
    writer = _Writer(template, task, facts, layout)
    prompts: list[tuple[int, int, str, str, str, list[str], list[int]]] = []
    for packed in _packed(pairs, layout.genes_per_prompt):
        form: Form = "up-down-none" if both else "yes-no" if len(packed) == 1 else "yes-no-list"
        ids = [pair["pair_id"] for pair in packed]
        genes = [pair["gene"] for pair in packed]
        for sample in range(layout.samples):
            evidence = [rows_of(pair_id) for pair_id in ids]
            system, user = writer.write(form, packed, evidence, turned=sample % 2 == 1)
            prompts.append((ids[0], sample, form, system, user, genes, ids))
    return pl.DataFrame(prompts, schema=dict(PROMPTS), orient="row")


class _Writer:
    """Puts names, facts and evidence into a template."""

    def __init__(self, template: Template, task: Task, facts: Facts, layout: Layout) -> None:
        self._template, self._task, self._facts, self._layout = template, task, facts, layout
        self._outcomes = outcomes(task.question)

    def write(
        self, form: Form, pairs: Sequence[Row], evidence: Sequence[Sequence[Row]], *, turned: bool
    ) -> tuple[str, str]:
        """Return system and user text."""
        first, fixed = pairs[0], wording(self._task, form)
        user = {
            **fixed,
            "perturbation": one_line(first["perturbation"]),
            "context": one_line(first["context"]),
            "facts": fact_list(
                first["perturbation"], self._facts.about(first["perturbation"], self._layout.facts)
            ),
            "genes": "\n\n".join(self._gene(*both, turned) for both in zip(pairs, evidence, strict=True)),
        }
        return self._template.fill("system", fixed), self._template.fill("user", user)

    def _gene(self, pair: Row, rows: Sequence[Row], turned: bool) -> str:
        perturbation, gene = one_line(pair["perturbation"]), one_line(pair["gene"])
        known = fact_list(gene, self._facts.about(pair["gene"], self._layout.facts))
        both = self._facts.between(pair["perturbation"], pair["gene"], self._layout.facts)
        return self._template.fill(
            "gene",
            {
                "perturbation": perturbation,
                "gene": gene,
                "facts": known + fact_list(f"{perturbation} and {gene} together", both),
                "evidence": self._evidence(pair, rows, turned),
                "asks": self._asks(perturbation, gene),
            },
        )

    def _asks(self, perturbation: str, gene: str) -> str:
        if "both" not in self._template.parts:
            return asks(self._task, perturbation, gene)
        return self._template.fill("both", {"gene": gene, "applied": applied(self._task, perturbation)})

    def _evidence(self, pair: Row, rows: Sequence[Row], turned: bool) -> str:
        if "group" not in self._template.parts:
            lines = [self._row(pair, row) for row in rows]
            return "\n".join(reversed(lines) if turned else lines)
        groups = [
            self._template.fill(
                "group",
                {
                    "gene": one_line(pair["gene"]),
                    "outcome": outcome,
                    "rows": "\n".join(self._row(pair, row) for row in rows if row["label"] == label)
                    or "(none is given)",
                },
            )
            for label, outcome in zip((1, 0), self._outcomes, strict=True)
        ]
        return "\n".join(reversed(groups) if turned else groups)

    def _row(self, pair: Row, row: Row) -> str:
        elsewhere = f" in {one_line(row['context'])}" if row["context"] != pair["context"] else ""
        shared = self._facts.between(pair["perturbation"], row["neighbour"], self._layout.reasons)
        return self._template.fill(
            "row",
            {
                "neighbour": one_line(row["neighbour"]) + elsewhere,
                "gene": one_line(row["gene"]),
                "relatedness": f"{row['weight']:.2f}",
                "reasons": "".join(f"; {one_line(reason)}" for reason in shared),
                "outcome": self._outcomes[0 if row["label"] else 1],
            },
        )


def fact_list(whom: str, clauses: Sequence[str]) -> str:
    """Return clauses as a list under a heading; empty where there is none."""
    if not clauses:
        return ""
    lines = "".join(f"\n- {one_line(clause)}" for clause in clauses)
    return f"\nWhat the knowledge graph holds about {one_line(whom)}:{lines}\n"


def _by_pair(rows: pl.DataFrame | None) -> Callable[[int], Sequence[Row]]:
    """Return what gives the rows of a pair, made when they are asked for: of a cell line they fill memory."""
    if rows is None:
        return lambda _: ()
    shown = rows.select("pair_id", "neighbour", "context", "gene", "label", "weight")
    shown = shown.sort("pair_id", maintain_order=True)
    ids = shown["pair_id"].rle().struct.unnest()
    ends = ids["len"].cum_sum()
    places = dict(zip(ids["value"], zip(ends - ids["len"], ids["len"], strict=True), strict=True))

    def of_pair(pair_id: int) -> Sequence[Row]:
        return shown.slice(*places[pair_id]).to_dicts() if pair_id in places else ()

    return of_pair


def _packed(pairs: pl.DataFrame, most: int) -> Iterator[list[Row]]:
    """Yield the pairs of each prompt: of one perturbation, no gene twice."""
    packed: list[Row] = []
    for pair in pairs.sort("perturbation", "gene", "pair_id").iter_rows(named=True):
        fits = len(packed) < most and all(
            pair["perturbation"] == other["perturbation"] and pair["gene"] != other["gene"]
            for other in packed
        )
        if packed and not fits:
            yield packed
            packed = []
        packed.append(pair)
    if packed:
        yield packed
