"""The sentences that go into all templates: what is asked, what the perturbation is, how to answer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template as Placeholders
from typing import Any

from core_harness.llm.formats import BOTH, Form, instructions
from core_harness.schemas import Task
from core_harness.vocabulary import Question


def outcomes(question: Question) -> tuple[str, str]:
    """Return how prompts say that a gene had label 1, and that it had label 0."""
    words = _sentences()["question"][question]
    return words["positive"], words["negative"]


def wording(task: Task, form: Form) -> dict[str, str]:
    """Return the sentences about the task that name no perturbation, gene or context, by placeholder."""
    agent, question = _about(task, form)
    return {
        "kind": agent["kind"],
        "about": agent["about"],
        "means": question["means"],
        "instructions": instructions(form),
    }


def asks(task: Task, form: Form, perturbation: str, gene: str) -> str:
    """Return the question about a pair."""
    agent, question = _about(task, form)
    applied = Placeholders(agent["applied"]).substitute(perturbation=perturbation)
    return Placeholders(question["asks"]).substitute(gene=gene, applied=applied)


def _about(task: Task, form: Form) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the sentences about the kind of perturbation, and about what is asked."""
    sentences = _sentences()
    return sentences["agent"][task.agent], sentences["question"]["both" if form in BOTH else task.question]


def one_line(text: str) -> str:
    """Return a name or fact without line breaks: it may not look like a line of the prompt."""
    return " ".join(text.split())


@cache
def wording_file() -> bytes:
    """Return ``wording.toml``, which is part of every template's digest."""
    return (resources.files("core_harness.prompts") / "wording.toml").read_bytes()


@cache
def _sentences() -> Mapping[str, Any]:
    return tomllib.loads(wording_file().decode())
