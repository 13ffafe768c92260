"""The evidence card, printed."""

from __future__ import annotations

from rich.console import Console

from core_harness.analysis.card_sections import about_prompt, read_as, sections
from core_harness.analysis.cards import AskedPrompt, Card
from core_harness.cli.output.console import printable, stdout
from core_harness.cli.output.sections import print_sections


def print_card(card: Card, *, whole_prompt: bool) -> None:
    """Print the card; of prompts only the size, unless ``whole_prompt``."""
    print_sections(sections(card, prompts=False))
    console = stdout()
    for question in card.asked:
        console.print()
        _print_question(console, question, whole=whole_prompt)


def _print_question(console: Console, question: AskedPrompt, *, whole: bool) -> None:
    console.print(f"[bold]{about_prompt(question)}[/bold]")
    if whole:
        for part in (question.system, question.user):
            for line in part.splitlines():
                console.print(printable(line), soft_wrap=True)
            console.print()
    else:
        size = len(question.system) + len(question.user)
        console.print(f"[dim]{size:,} characters; --show-prompt shows them and sends nothing[/dim]")
    console.print(printable(read_as(question)))
    for line in (question.text or "").splitlines():
        console.print(printable(line), soft_wrap=True)
