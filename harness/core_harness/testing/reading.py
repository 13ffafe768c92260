"""What a scripted model reads in a prompt: the perturbation, the items asked about, evidence and facts.

It reads the lines that all templates share: ``Perturbation:``, ``Gene:`` or ``Candidate:`` (each of which
opens the part about one item), evidence as ``- NAME (relatedness 0.53): changed``, or as ``- NAME`` below
a heading that ends in a colon and holds such an outcome.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from core_harness.llm import Form, Message
from core_harness.llm.formats import UP_DOWN_NONE
from core_harness.prompts import outcomes
from core_harness.vocabulary import Question

_FIELD = re.compile(r"(Perturbation|Gene|Candidate): +(.+)")
_BULLET = re.compile(r"- +(.+)")
_RELATEDNESS = re.compile(r"relatedness +(\d+(?:\.\d+)?)")
_SIDES: Final = {
    word: side
    for question in get_args(Question)
    for word, side in zip(outcomes(question), (1, 0), strict=True)
}
_THREE = ", ".join(f'"{word}"' for word in UP_DOWN_NONE)
_OUTCOME = re.compile(rf"\b({'|'.join(sorted(map(re.escape, _SIDES), key=len, reverse=True))})\b")


@dataclass(frozen=True)
class Item:
    """One gene or candidate that the prompt asks about.

    Attributes
    ----------
    name
        As it is written.
    evidence
        ``(label, weight)`` in the order of the prompt.
    facts
        Other listed lines.
    """

    name: str
    evidence: list[tuple[int, float]]
    facts: list[str]


@dataclass(frozen=True)
class Reading:
    """What a scripted model knows: ``facts`` are those before the first item."""

    form: Form
    perturbation: str
    facts: Sequence[str]
    items: Sequence[Item]


def read(messages: Sequence[Message]) -> Reading:
    """Read a chat. One without any item is taken to ask about a nameless one."""
    text = "\n".join(message.content for message in messages)
    perturbation, kind = "", "Gene"
    side: int | None = None
    before, items = Item("", [], []), list[Item]()
    for line in map(str.strip, text.splitlines()):
        if field := _FIELD.fullmatch(line):
            side = None
            if field[1] == "Perturbation":
                perturbation = field[2]
            else:
                kind = field[1]
                items.append(Item(field[2], [], []))
        elif bullet := _BULLET.fullmatch(line):
            _note(bullet[1], side, items[-1] if items else before)
        elif line.endswith(":"):
            side = _side(line)
    form: Form = "grades" if kind == "Candidate" else _form(text)
    return Reading(form, perturbation, before.facts, items or [before])


def _form(text: str) -> Form:
    """Return the form that the instructions of a prompt about genes ask for."""
    if _THREE in text:
        return "up-down-none"
    return "yes-no-list" if "ANSWER <" in text else "yes-no"


def _note(line: str, side: int | None, item: Item) -> None:
    """Add a listed line to what is known of an item."""
    own = _side(line)
    label = side if own is None else own
    if label is None:
        item.facts.append(line)
        return
    weight = _RELATEDNESS.search(line)
    item.evidence.append((label, float(weight[1]) if weight else 1.0))


def _side(line: str) -> int | None:
    """Return the label of the last outcome that a line names."""
    named = _OUTCOME.findall(line)
    return _SIDES[named[-1]] if named else None
