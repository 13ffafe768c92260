"""Claims: the verdicts that a text holds, each about an item, with their places."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core_harness.llm.formats import Verdict

_MARKDOWN = re.compile(
    r"[*`~$\u200b-\u200f\u2060\ufeff]|\\(?:boxed|text|textbf|mathbf|mathrm)\b|(?<!\w)_+|_+(?!\w)"
)
_TAG = re.compile(r"<(?P<end>/?)answer>", re.IGNORECASE)
_LEADING_MARK = re.compile(r"^(?:[\s>#|•+-]|\d{1,3}[.)]\s)+")
_FOR = re.compile(r"^(?:for|of)\s+", re.IGNORECASE)


class Claim(NamedTuple):
    """A verdict in the text; its first token begins at ``start`` or after."""

    item: str
    verdict: Verdict | None  # None: something that is no verdict
    start: int
    stop: int


class Names:
    """Finds an item by the name that a model wrote, whatever its case and decoration, if that is unique."""

    def __init__(self, items: Sequence[str]) -> None:
        self.items = items
        self.only = items[0] if len(items) == 1 else None
        self._exact = set(items)
        folded = [(_folded(item), item) for item in self._exact]
        count = Counter(name for name, _ in folded)
        self._folded = {name: item for name, item in folded if count[name] == 1}

    def find(self, name: str) -> str | None:
        """Return the item that a name means, or None."""
        name = plain(name)
        if name in self._exact:
            return name
        return self._folded.get(_folded(name)) or self._folded.get(_folded(_FOR.sub("", name)))


def plain(line: str) -> str:
    """Return a line without its markdown, in plain letters; ``<answer>`` is the label of an answer line."""
    line = _TAG.sub(lambda tag: "" if tag["end"] else "ANSWER: ", unicodedata.normalize("NFKC", line))
    return _LEADING_MARK.sub("", _MARKDOWN.sub("", line)).strip()


def _folded(name: str) -> str:
    return plain(name).strip(" .,;:\"'()[]{}<>").replace("=", ":").casefold()
