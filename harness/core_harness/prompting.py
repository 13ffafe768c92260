"""Prompts: versioned templates, and what may be put into them.

A template is a file of ``core_harness/templates``; its sentences about the task come from
``wording.toml``. Names, contexts and facts are all that enters: a renderer is never given a label, a
split or a file name, so none can leak. Lines ``Perturbation:``, ``Context:``, ``Gene:`` and
``Question:`` stand in every template alike.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template as Placeholders
from typing import Any

import polars as pl

from core_harness.answer_forms import instructions
from core_harness.asking.messages import Form
from core_harness.schemas import Question, Schema, Task

FACTS: Schema = {"about": pl.String, "with": pl.String, "fact": pl.String}
"""What is known of a perturbation or gene (``with`` is null), or of two of them together, in a clause
such as ``member of the pathway Apoptosis``. Rows are used in their order.
"""

MOST_FACTS = 12
"""Facts of one kind in a prompt, at most."""


@dataclass(frozen=True)
class Template:
    """A template with the wording that goes with it.

    Attributes
    ----------
    name, version
        Of the file.
    system, user
        Text with ``$placeholders``.
    digest
        SHA-256 of template and wording: two prompts of one digest were written alike.
    """

    name: str
    version: int
    system: str
    user: str
    digest: str

    def identity(self) -> dict[str, object]:
        """Return what a manifest says of the template."""
        return {"template": self.name, "version": self.version, "sha256": self.digest}


@cache
def load_template(name: str) -> Template:
    """Return the template of this name that ships with core-harness."""
    text = _read(name)
    content = tomllib.loads(text.decode())
    return Template(
        name=name,
        version=content["version"],
        system=content["system"].strip(),
        user=content["user"].strip(),
        digest=hashlib.sha256(text + b"\0" + _read("wording")).hexdigest(),
    )


def outcomes(question: Question) -> tuple[str, str]:
    """Return how prompts say that a gene had label 1, and that it had label 0."""
    words = _wording()["question"][question]
    return words["positive"], words["negative"]


def isolated_prompts(task: Task, pairs: pl.DataFrame, facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return :data:`~core_harness.asking.PROMPTS` that ask about each pair by itself.

    Parameters
    ----------
    task
        Its question and agent choose the wording.
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS`. The pair's id is the prompt's.
    facts
        Frame of :data:`FACTS` about perturbations and genes of the pairs, or None.
    """
    template = load_template("isolated")
    known = _facts_by_names(facts)
    prompts = [
        _render(template, task, "yes-no", names, {"facts": _fact_lines(names, known)})
        for names in pairs.select("perturbation", "context", "gene").to_dicts()
    ]
    return pairs.select(
        pl.col("pair_id").alias("prompt_id"),
        pl.lit(0, pl.UInt32).alias("sample"),
        pl.lit("yes-no").alias("form"),
        pl.Series("system", [system for system, _ in prompts], pl.String),
        pl.Series("user", [user for _, user in prompts], pl.String),
        pl.concat_list("gene").alias("items"),
        pl.concat_list("pair_id").alias("pair_ids"),
    )


def _render(
    template: Template, task: Task, form: Form, names: Mapping[str, str], parts: Mapping[str, str]
) -> tuple[str, str]:
    """Return system and user text. What is put in is never read as a placeholder itself."""
    agent, question = _wording()["agent"][task.agent], _wording()["question"][task.question]
    values = {name: _one_line(text) for name, text in names.items()} | dict(parts)
    values |= {"instructions": instructions(form)}
    for name, text in (*agent.items(), *question.items()):
        values[name] = Placeholders(text).substitute(values)
    return Placeholders(template.system).substitute(values), Placeholders(template.user).substitute(values)


@cache
def _wording() -> Mapping[str, Any]:
    return tomllib.loads(_read("wording").decode())


def _read(name: str) -> bytes:
    return (resources.files("core_harness") / "templates" / f"{name}.toml").read_bytes()


def _facts_by_names(facts: pl.DataFrame | None) -> Mapping[tuple[str, str | None], Sequence[str]]:
    if facts is None:
        return {}
    lists = facts.group_by("about", "with", maintain_order=True).agg(pl.col("fact").head(MOST_FACTS))
    return {
        (about, other): [_one_line(fact) for fact in clauses] for about, other, clauses in lists.iter_rows()
    }


def _fact_lines(names: Mapping[str, str], known: Mapping[tuple[str, str | None], Sequence[str]]) -> str:
    """Return what is known of the perturbation, of the gene and of both, as lists under headings."""
    perturbation, gene = names["perturbation"], names["gene"]
    both = [*known.get((perturbation, gene), ()), *known.get((gene, perturbation), ())]
    parts = {
        perturbation: known.get((perturbation, None), ()),
        gene: known.get((gene, None), ()),
        f"{perturbation} and {gene} together": both,
    }
    return "".join(
        f"\nWhat the knowledge graph holds about {_one_line(whom)}:\n"
        + "".join(f"- {fact}\n" for fact in listed)
        for whom, listed in parts.items()
        if listed
    )


def _one_line(text: str) -> str:
    """Return a name or fact without line breaks: it may not look like a line of the prompt."""
    return " ".join(text.split())
