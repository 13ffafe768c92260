"""The sentences that go into all templates: what is asked, what the perturbation is, how to answer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template as Placeholders
from typing import Any

from core_harness.llm.formats import Form, instructions
from core_harness.schemas import Task
from core_harness.vocabulary import Question


def outcomes(question: Question) -> tuple[str, str]:
    """Return how prompts say that a gene had label 1, and that it had label 0."""
    words = _sentences()["question"][question]
    return words["positive"], words["negative"]


def wording(task: Task, form: Form) -> dict[str, str]:
    """Return the sentences about the task that name no perturbation, gene or context, by placeholder."""
    agent, question = _sentences()["agent"][task.agent], _sentences()["question"][task.question]
    return {
        "kind": agent["kind"],
        "about": agent["about"],
        "means": question["means"],
        "instructions": instructions(form),
    }


def asks(task: Task, perturbation: str, gene: str) -> str:
    """Return the question about a pair."""
    question = _sentences()["question"][task.question]
    return Placeholders(question["asks"]).substitute(gene=gene, applied=applied(task, perturbation))


def applied(task: Task, perturbation: str) -> str:
    """Return how a question names what is done to the cells."""
    return Placeholders(_sentences()["agent"][task.agent]["applied"]).substitute(perturbation=perturbation)


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
