"""Checks of organizers alone: the prompts of those that ask a model."""

from __future__ import annotations

import polars as pl

from core_harness.plugins.guard import call
from core_harness.plugins.protocols import AskingOrganizer
from core_harness.prompts import Template
from core_harness.testing.contract.running import usually
from core_harness.testing.contract.subject import Check, Fault, Skip, Subject


def prompts(subject: Subject) -> str:
    """Look at the prompts of a world: some text, no text twice about different things."""
    _refuse_silent(subject)
    written = usually(subject)[-1]
    if written.filter(pl.col("user").str.strip_chars() == "").height:
        raise Fault("a prompt has no text in 'user'")
    for column in ("system", "user"):
        if (
            bad := written.filter(pl.col(column).str.contains(r"\{\{|\{%|<generator object|<function"))
        ).height:
            raise Fault(f"a prompt was not rendered: {bad[column][0]!r:.80}")
    alike = written.filter(pl.struct("system", "user", "sample").is_duplicated())
    if alike.height:
        raise Fault(f"two prompts about different pairs have the same text: {alike['user'][0]!r:.60}")
    return f"{written.height} prompts"


def templates(subject: Subject) -> None:
    """Look at the templates that the record of a run names."""
    _refuse_silent(subject)
    for template in call(subject.fresh(), "templates"):
        if not isinstance(template, Template):
            raise Fault(
                f"templates() returned {type(template).__name__}, wanted core_harness.prompts.Template"
            )


def _refuse_silent(subject: Subject) -> None:
    if not isinstance(subject.object, AskingOrganizer):
        raise Skip("it asks no model")


ORGANIZER = (
    Check(
        name="prompts-tell-their-pairs",
        run=prompts,
        why="a model that is asked the same about two pairs can only answer the same",
        mend="write perturbation, gene and context into each prompt, and render it whole",
    ),
    Check(
        name="templates-are-recorded",
        run=templates,
        why="the record of a run holds the digest of each template, so that other words are another method",
        mend="return what core_harness.prompts.load_template returns",
    ),
)
"""Checks of organizers, besides those of every stage."""
