"""What became of the items that a model was asked about, in figures and in one sentence with a remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

_WORDS = {
    "ok": "answered",
    "abstained": "abstained",
    "cut_off": "cut off",
    "unparsed": "unparsed",
    "refused": "refused",
    "empty": "empty",
    "failed": "failed",
    "not_asked": "not asked",
}
"""Statuses of answers as people read them, in the order in which they are listed."""

_REMEDIES = {
    "cut_off": "give answers more room (--model-param max_tokens=2048), or less to thinking "
    "(--model-param thinking_tokens=0)",
    "unparsed": "keep answers to their form (--model-param structured=json), or read one token "
    "(--answer token)",
    "refused": "ask another model, or in other words (your own template)",
    "empty": "bound or switch off thinking (--model-param thinking_tokens=0)",
    "failed": "mend the cause and go on with --resume RUN; a server that takes no schema is asked without by "
    "--model-param structured=off",
    "not_asked": "go on with --resume RUN",
}
_EXAMPLE = 120
"""Characters of an example that are shown: the end of a reply, where its answer should be."""
LITTLE_MASS = 0.5
"""Below it a model would rather have written something else than a word of the form."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Statuses of all items that were asked for, and how sure their answers are.

    Attributes
    ----------
    status
        Items by status (:data:`~core_harness.llm.answers.Status`, ``failed``, ``not_asked``).
    weighed, mass
        Items whose value comes from log-probabilities, and the mean probability of the words of the form
        together where one was generated (the answer mass); None without any.
    bounded
        Weighed items of which a word was not listed, so that an upper bound stands for its probability.
    example, example_status
        The end of a reply without a value, or the cause of a failure, and its status; None without any.
    """

    status: Mapping[str, int] = field(default_factory=dict)
    weighed: int = 0
    mass: float | None = None
    bounded: int = 0
    example: str | None = None
    example_status: str | None = None

    @property
    def items(self) -> int:
        """All items that were asked for."""
        return sum(self.status.values())

    @property
    def understood(self) -> int:
        """Items with a value, and those from which the model abstained."""
        return self.status.get("ok", 0) + self.status.get("abstained", 0)

    def __add__(self, other: Answered) -> Answered:
        """Return both together; the example is the first one's that has one."""
        weighed = self.weighed + other.weighed
        sums = [(one.mass or 0.0) * one.weighed for one in (self, other)]
        shown = self if self.example is not None else other
        return Answered(
            status=dict(Counter(self.status) + Counter(other.status)),
            weighed=weighed,
            mass=sum(sums) / weighed if weighed else None,
            bounded=self.bounded + other.bounded,
            example=shown.example,
            example_status=shown.example_status,
        )

    def sentence(self) -> str:
        """Return the counts on one line, with one example and what would help."""
        listed = [f"{self.status[name]:,} {words}" for name, words in _WORDS.items() if self.status.get(name)]
        parts = [", ".join(listed) or "nothing was asked"]
        if self.mass is not None:
            warning = "; the model would rather write something else" if self.mass < LITTLE_MASS else ""
            bounded = f", bounded for {self.bounded:,}" if self.bounded else ""
            parts.append(f"answer mass {self.mass:.2f}{bounded}{warning}")
        if self.example is not None and self.example_status is not None:
            parts.append(f'{_WORDS[self.example_status]}, e.g.: "{self.example}"')
            if remedy := _REMEDIES.get(self.example_status):
                parts.append(remedy)
        return "; ".join(parts)


def answered(replies: pl.DataFrame, answers: pl.DataFrame) -> Answered:
    """Return what became of ``answers`` to ``replies`` (:data:`~core_harness.llm.ANSWERS`, ``REPLIES``)."""
    counts = Counter(answers["status"].to_list())
    weighed = answers.drop_nulls("mass")
    without = [name for name in _WORDS if name not in {"ok", "abstained"} and counts[name]]
    # the most frequent reason tells most about what to change
    worst = max(without, key=lambda name: counts[name], default=None)
    return Answered(
        status={name: counts[name] for name in _WORDS if counts[name]},
        weighed=weighed.height,
        mass=None if weighed.is_empty() else float(weighed["mass"].sum()) / weighed.height,
        bounded=int(weighed["bounded"].sum()),
        example=None if worst is None else _example(replies, answers, worst),
        example_status=worst,
    )


def _example(replies: pl.DataFrame, answers: pl.DataFrame, status: str) -> str:
    first = answers.filter(status=status).head(1).select("prompt_id", "sample")
    said, cause = replies.join(first, on=["prompt_id", "sample"]).select("text", "cause").row(0)
    words = " ".join(str(cause or said or "").split())
    shortened = words if len(words) <= _EXAMPLE else f"... {words[-_EXAMPLE:]}"
    return "".join(character if character.isprintable() else "?" for character in shortened)
