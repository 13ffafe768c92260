"""The evidence card as text."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from core_harness.analysis.cards import AskedPrompt, Card
from core_harness.cli.output.console import printable, stdout
from core_harness.prompts import outcomes
from core_harness.text import number

_SHOWN = 20
"""Voters in the table; JSON has all."""


def print_card(card: Card, *, whole_prompt: bool) -> None:
    """Print the card; of prompts only the size, unless ``whole_prompt``."""
    console = stdout()
    pair = card.pair
    made_up = f"  (SIMULATED {' and '.join(card.simulated)})" if card.simulated else ""
    by = card.method if card.model is None else f"{card.method} · {card.model}"
    about = printable(f"{pair.perturbation} on {pair.gene} in {pair.context}")
    console.print(f"[bold]{about}[/bold]{printable(made_up)}")
    task, control = card.task, f"  control: {card.control}" if card.control else ""
    what = f"{by}, {task.dataset}, {task.question}, {task.regime} regime, seed {task.seed}{control}"
    console.print(printable(what))
    console.print(printable(_score(card)))
    if card.voters:
        console.print()
        console.print(_voters(card))
        if (more := len(card.voters) - _SHOWN) > 0:
            console.print(f"[dim]and {more:,} more; --json has them all[/dim]")
    elif not card.measured:
        console.print(printable(f"The support has no row about {pair.gene} in {pair.context}: no evidence."))
    else:
        console.print(
            f"None of the {card.measured} perturbations measured on the gene is related: no evidence."
        )
    if card.votes:
        console.print()
        console.print(_votes(card))
    if said := _flip(card):
        console.print(printable(said), soft_wrap=not console.is_terminal)
    for question in card.asked:
        console.print()
        _print_question(console, question, whole=whole_prompt)


def _score(card: Card) -> str:
    base = f"the gene's rate is {number(card.gene_rate)}, the prevalence {number(card.prevalence)}"
    if card.score is None:
        return f"no score ({card.status}); {base}"
    side = "above" if card.score > card.gene_rate else "below" if card.score < card.gene_rate else "at"
    status = "" if card.status == "ok" else f" ({card.status})"
    return f"score {number(card.score)}{status}, {side} the gene's rate; {base}"


def _voters(card: Card) -> Table:
    positive, negative = outcomes(card.task.question)
    tried = any(voter.without is not None for voter in card.voters)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("measured", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("weight", justify="right")
    table.add_column("because (each layer alone)")
    if tried:
        table.add_column("score without", justify="right")
    for voter in card.voters[:_SHOWN]:
        where = "" if voter.context == card.pair.context else f" in {voter.context}"
        gene = "" if voter.gene == card.pair.gene else f" on {voter.gene}"
        cells = [
            f"{voter.neighbour}{where}{gene}",
            positive if voter.label else negative,
            f"{voter.weight:.2g}",
            voter.because,
        ]
        table.add_row(*map(printable, cells), *([number(voter.without)] if tried else []))
    return table


def _votes(card: Card) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("vote", no_wrap=True)
    table.add_column("weight learnt", justify="right")
    table.add_column("on this pair (standardised)", justify="right")
    for vote in card.votes:
        table.add_row(printable(vote.name), number(vote.weight), number(vote.value))
    return table


def _flip(card: Card) -> str:
    """Return what would turn the score around; empty where a model's answer decides."""
    if not any(voter.without is not None for voter in card.voters):
        return ""
    if card.flip is None:
        return "No voters could be left out so as to bring the score to the other side of the gene's rate."
    names = ", ".join(card.flip[:_SHOWN])
    more = f" and {len(card.flip) - _SHOWN:,} more" if len(card.flip) > _SHOWN else ""
    return f"What would flip it: without {names}{more} the score is not on this side of the gene's rate."


def _print_question(console: Console, question: AskedPrompt, *, whole: bool) -> None:
    what = "neighbours graded" if question.form == "grades" else "asked about the pair"
    console.print(f"[bold]prompt, {what}, sample {question.sample}[/bold]")
    if whole:
        for part in (question.system, question.user):
            for line in part.splitlines():
                console.print(printable(line), soft_wrap=True)
            console.print()
    else:
        size = len(question.system) + len(question.user)
        console.print(f"[dim]{size:,} characters; --show-prompt shows them and sends nothing[/dim]")
    if question.text is None:
        console.print(f"no answer ({question.status})")
        return
    read = "" if question.form == "grades" else f"; read as {number(question.value)} ({question.status})"
    console.print(f"answer{read}:")
    for line in question.text.splitlines():
        console.print(printable(line), soft_wrap=True)
