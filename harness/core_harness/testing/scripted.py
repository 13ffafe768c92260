"""Scripted models. Each is a pure function of the prompt: how probable is yes, for each item?"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence

from core_harness.llm.formats import BEST_GRADE, BOTH, Verdict, Word
from core_harness.testing.reading import Item, Reading
from core_harness.vocabulary import ScriptedName

ScriptedModel = Callable[[Reading, Item], float | None]
"""Returns the probability of yes, or None to abstain."""


def always_plausible(reading: Reading, item: Item) -> float:
    """Say yes to what sounds plausible, and nearly everything does.

    The answer depends on the gene, as in a model that has learnt which genes respond to anything, and on
    the number of facts; not on the perturbation.
    """
    facts = min(len(item.facts) + len(reading.facts), 5) / 5
    return _logistic(1.5 + 1.8 * _noise("jumpy", item.name) + 0.5 * facts)


def follows_evidence(reading: Reading, item: Item) -> float | None:
    """Follow the evidence of the prompt: its weighted share of positives, shrunk to a half.

    A candidate is graded by the facts that it shares with the perturbation. Without evidence it
    abstains.
    """
    if reading.form == "grades":
        return _overlap(reading.facts, item.facts)
    if not item.evidence:
        return None
    positive = sum(weight for label, weight in item.evidence if label)
    return (positive + 0.5) / (sum(weight for _, weight in item.evidence) + 1.0)


def ignores_evidence(reading: Reading, item: Item) -> float:
    """Answer from the names alone, whatever the evidence says."""
    return _logistic(2.0 * _noise("names", reading.perturbation, item.name))


def position_biased(reading: Reading, item: Item) -> float:  # noqa: ARG001 - a scripted model is given both
    """Answer as the first group does, like a model with a position bias."""
    return 0.9 if not item.evidence or item.evidence[0][0] else 0.1


SCRIPTED: Mapping[ScriptedName, ScriptedModel] = {
    "always-plausible": always_plausible,
    "follows-evidence": follows_evidence,
    "ignores-evidence": ignores_evidence,
    "position-biased": position_biased,
}


def chances(reading: Reading, item: Item, probability: float) -> dict[Word, float]:
    """Return the probability of each word of the form; ``probability`` is that of yes, or of a change.

    Where a change goes to depends on the names, as a program that makes up answers knows nothing of it.
    """
    if reading.form not in BOTH:
        return {"yes": probability, "no": 1.0 - probability}
    up = _logistic(2.0 * _noise("direction", reading.perturbation, item.name))
    return {"up": probability * up, "down": probability * (1.0 - up), "none": 1.0 - probability}


def verdict(reading: Reading, item: Item, probability: float | None) -> Verdict:
    """Return the likeliest word, or the grade. A grade cannot be withheld: it is 0 then."""
    if reading.form == "grades":
        return round(BEST_GRADE * (probability or 0.0))
    if probability is None:
        return "abstain"
    words = chances(reading, item, probability)
    return max(words, key=lambda word: words[word])


def _noise(*names: str) -> float:
    """Return a number in [-1, 1) that depends on the names only."""
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") / 2**31 - 1


def _overlap(left: Sequence[str], right: Sequence[str]) -> float:
    """Return the share of facts in common (Jaccard)."""
    both = set(left) | set(right)
    return len(set(left) & set(right)) / len(both) if both else 0.0


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
