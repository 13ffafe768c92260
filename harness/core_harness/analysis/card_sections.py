"""An evidence card as text: what `explain` prints, and a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core_harness.prompts import outcomes
from core_harness.sections import Section
from core_harness.text import number

if TYPE_CHECKING:
    from core_harness.analysis.cards import AskedPrompt, Card

_SHOWN = 20
"""Voters in the table; JSON has all."""


def sections(card: Card, *, prompts: bool = True) -> Iterator[Section]:
    """Yield the score, the voters, the votes that it is made of, what would flip it, what a model said."""
    pair = card.pair
    made_up = f"  (SIMULATED {' and '.join(card.simulated)})" if card.simulated else ""
    by = card.method if card.model is None else f"{card.method} · {card.model}"
    task, control = card.task, f"  control: {card.control}" if card.control else ""
    yield Section(
        title=f"{pair.perturbation} on {pair.gene} in {pair.context}{made_up}",
        sentences=[
            f"{by}, {task.dataset}, {task.question}, {task.regime} regime, seed {task.seed}{control}",
            _score(card),
        ],
    )
    yield _voters(card)
    if card.votes:
        yield Section(
            rows=[
                {
                    "vote": vote.name,
                    "weight learnt": number(vote.weight),
                    "on this pair (standardised)": number(vote.value),
                }
                for vote in card.votes
            ],
            right=("weight learnt", "on this pair (standardised)"),
        )
    if said := _flip(card):
        yield Section(sentences=[said])
    for asked in card.asked if prompts else ():
        yield Section(
            title=about_prompt(asked),
            note=f"{len(asked.system) + len(asked.user):,} characters",
            sentences=[read_as(asked), *(asked.text or "").splitlines()],
        )


def about_prompt(asked: AskedPrompt) -> str:
    """Return what a prompt asks for."""
    what = "neighbours graded" if asked.form == "grades" else "asked about the pair"
    return f"prompt, {what}, sample {asked.sample}"


def read_as(asked: AskedPrompt) -> str:
    """Return what was read in an answer, or that there is none."""
    if asked.text is None:
        return f"no answer ({asked.status})"
    read = "" if asked.form == "grades" else f"; read as {number(asked.value)} ({asked.status})"
    return f"answer{read}:"


def _voters(card: Card) -> Section:
    if not card.voters:
        none = f"None of the {card.measured} perturbations measured on the gene is related: no evidence."
        if not card.measured:
            none = f"The support has no row about {card.pair.gene} in {card.pair.context}: no evidence."
        return Section(sentences=[none])
    positive, negative = outcomes(card.task.question)
    tried = any(voter.without is not None for voter in card.voters)
    rows = []
    for voter in card.voters[:_SHOWN]:
        where = "" if voter.context == card.pair.context else f" in {voter.context}"
        gene = "" if voter.gene == card.pair.gene else f" on {voter.gene}"
        row = {
            "measured": f"{voter.neighbour}{where}{gene}",
            "outcome": positive if voter.label else negative,
            "weight": f"{voter.weight:.2g}",
            "because (each layer alone)": voter.because,
        }
        rows.append({**row, "score without": number(voter.without)} if tried else row)
    more = len(card.voters) - _SHOWN
    said = [f"and {more:,} more; --json has them all"] if more > 0 else []
    return Section(rows=rows, right=("weight", "score without"), sentences=said)


def _score(card: Card) -> str:
    base = f"the gene's rate is {number(card.gene_rate)}, the prevalence {number(card.prevalence)}"
    if card.score is None:
        return f"no score ({card.status}); {base}"
    side = "above" if card.score > card.gene_rate else "below" if card.score < card.gene_rate else "at"
    status = "" if card.status == "ok" else f" ({card.status})"
    return f"score {number(card.score)}{status}, {side} the gene's rate; {base}"


def _flip(card: Card) -> str:
    """Return what would turn the score around; empty where a model's answer decides."""
    if not any(voter.without is not None for voter in card.voters):
        return ""
    if card.flip is None:
        return "No voters could be left out so as to bring the score to the other side of the gene's rate."
    names = ", ".join(card.flip[:_SHOWN])
    more = f" and {len(card.flip) - _SHOWN:,} more" if len(card.flip) > _SHOWN else ""
    return f"What would flip it: without {names}{more} the score is not on this side of the gene's rate."
