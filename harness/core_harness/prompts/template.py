"""Templates: versioned files of ``prompts/templates``, with the wording that goes into all of them."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template as Placeholders
from typing import Any

from core_harness.llm.formats import instructions
from core_harness.llm.messages import Form
from core_harness.schemas import Task
from core_harness.vocabulary import Question


@dataclass(frozen=True)
class Template:
    """A template with the wording that goes with it.

    Attributes
    ----------
    name, version
        Of the file.
    parts
        Texts with ``$placeholders``: ``system`` and ``user``, and what is repeated in them.
    digest
        SHA-256 of template and wording: two prompts of one digest were written alike.
    """

    name: str
    version: int
    parts: Mapping[str, str]
    digest: str

    def identity(self) -> dict[str, object]:
        """Return what a manifest says of the template."""
        return {"template": self.name, "version": self.version, "sha256": self.digest}

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """Return a part with ``values`` put in. What is put in is never read as a placeholder itself."""
        return self._compiled[part].substitute(values)

    @property
    def _compiled(self) -> Mapping[str, Placeholders]:
        return _compiled(self.name)


@cache
def load_template(name: str) -> Template:
    """Return the template of this name that ships with core-harness."""
    text = _read(name)
    content = tomllib.loads(text.decode())
    version = content.pop("version")
    return Template(
        name=name,
        version=version,
        parts={part: wording.strip("\n") for part, wording in content.items()},
        digest=hashlib.sha256(text + b"\0" + _read("wording")).hexdigest(),
    )


def outcomes(question: Question) -> tuple[str, str]:
    """Return how prompts say that a gene had label 1, and that it had label 0."""
    words = _wording()["question"][question]
    return words["positive"], words["negative"]


def wording(task: Task, form: Form) -> dict[str, str]:
    """Return the sentences about the task that name no perturbation, gene or context."""
    agent, question = _wording()["agent"][task.agent], _wording()["question"][task.question]
    return {
        "kind": agent["kind"],
        "about": agent["about"],
        "means": question["means"],
        "instructions": instructions(form),
    }


def asks(task: Task, perturbation: str, gene: str) -> str:
    """Return the question about a pair."""
    agent, question = _wording()["agent"][task.agent], _wording()["question"][task.question]
    applied = Placeholders(agent["applied"]).substitute(perturbation=perturbation)
    return Placeholders(question["asks"]).substitute(gene=gene, applied=applied)


def one_line(text: str) -> str:
    """Return a name or fact without line breaks: it may not look like a line of the prompt."""
    return " ".join(text.split())


@cache
def _compiled(name: str) -> Mapping[str, Placeholders]:
    return {part: Placeholders(text) for part, text in load_template(name).parts.items()}


@cache
def _wording() -> Mapping[str, Any]:
    return tomllib.loads(_read("wording").decode())


def _read(name: str) -> bytes:
    return (resources.files("core_harness.prompts") / "templates" / f"{name}.toml").read_bytes()
