"""Write the pages about frames and run folders from the code: ``python docs/make_frames.py``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import polars as pl
from make_protocols import FOLDER, documented, markdown
from polars.datatypes import DataTypeClass

from core_harness.runs import manifest
from core_harness.schemas import Schema

NOTE = "<!-- written by docs/make_frames.py -->\n"
FRAMES = {
    "schemas": (
        "ROWS",
        "SUPPORT",
        "PAIRS",
        "RELATIONS",
        "RELATION_DETAILS",
        "RELATED",
        "EVIDENCE",
        "TOTALS",
        "PREDICTIONS",
    ),
    "llm.frames": ("PROMPTS", "REPLIES"),
    "llm.answers": ("ANSWERS",),
}
"""Schemas by the module that defines them."""

MEANINGS: Mapping[str, str] = {
    "bounded": "whether a probability is a bound, for its word was not among the listed tokens",
    "cause": "why there is no reply",
    "completion_tokens": "tokens generated, thinking among them, as the provider counted",
    "context": "cell line or tissue",
    "cost": "US dollars",
    "direct": "the part of the weight that did not come through others",
    "finish": "why the model stopped",
    "form": "the form of the answer: `yes-no`, `yes-no-list`, `grades`, `up-down-none`",
    "gene": "the gene that is measured, or asked about",
    "item": "what an answer is about",
    "items": "what a prompt asks about",
    "label": "1: the gene responds (`de`), or goes up (`dir`); 0: it does not",
    "logprobs": "places where the model weighed words, with their probabilities",
    "mass": "probability of all words of the form together",
    "model": "the name under which the provider answered",
    "n_neg": "related perturbations that did not move the gene",
    "n_pos": "related perturbations that moved the gene",
    "neighbour": "a measured perturbation that is related to the query's",
    "neighbour_context": "the one context that a relation speaks for",
    "pair_id": "number of a query",
    "pair_ids": "the queries that an item bears on, in the order of the items",
    "perturbation": "what was done to the cells",
    "prompt_id": "number of a prompt: that of one of its pairs",
    "prompt_tokens": "tokens sent, as the provider counted",
    "sample": "number of the draw, from 0 on",
    "score": "probability of label 1, or a number that ranks; null: none",
    "simulated": "whether a program made the answer up",
    "source": "where a reply came from: `journal`, `cache` or `provider`",
    "split": "`train` or `test`",
    "status": "`ok`, or why there is no score or answer",
    "system": "text of the system message",
    "text": "the visible answer",
    "thinking_tokens": "tokens of thinking, as the provider counted",
    "user": "text of the user's message",
    "value": "the answer as a number",
    "up": "of both questions: probability of up, if the gene changes",
    "via": "the measured perturbation through which a relation came",
    "w_all": "weight of all related units, measured on the gene or not",
    "w_neg": "weight of those that did not move the gene",
    "w_pos": "weight of those that moved the gene",
    "weight": "how related two perturbations are, 0 or more",
}
"""What columns hold, unless a frame has its own meaning of one."""

OWN_MEANINGS: Mapping[tuple[str, str], str] = {
    ("REPLIES", "status"): "`answered`, or whether the prompt `failed` or was `not_asked`"
}
"""Meanings by frame and column."""

RECORD = ("Manifest", "MethodReference", "ComponentReference", "TemplateReference", "AskedWith")
"""Classes of the record of a run, outermost first."""

ABOUT_FRAMES = """
What flows between the stages are polars frames with declared columns. A frame is checked when a component
returns it: a missing column, another type, or what does not fit is one line that names component and
column. Columns that are not declared ride along. Import the schemas from `core_harness`, those of
prompts, replies and answers from `core_harness.llm`.
"""

ABOUT_RUNS = """
A run is a folder: one method on one dataset, in plain versioned files. Its figures can be computed anew
from predictions and dataset alone, which is what boards do. A folder is read as untrusted: regular files
only, JSON and Parquet within limits.

| file | what is in it |
|---|---|
| `run.json` | the record: what was asked, of which method, with what; written first, as `running` |
| `predictions.parquet` | one row a pair: pair_id, context, perturbation, gene, score, status. No labels |
| `report.json` | metrics with intervals |
| `replies.sqlite` | where a model was asked: each reply, so that a run can go on |

Folders of the first schema are read for good; a newer schema than the program's is refused, and keys that
it does not know are kept when a record is written again.
"""


def frames_page() -> str:
    """Return the page about frames."""
    return "\n".join(_frames())


def run_folder_page() -> str:
    """Return the page about run folders."""
    return "\n".join(_run_folder())


def _frames() -> Iterator[str]:
    yield f"# Frames\n\n{NOTE}{ABOUT_FRAMES}"
    for module, names in FRAMES.items():
        source = import_module(f"core_harness.{module}")
        body = ast.parse(inspect.getsource(source)).body
        docs = {ast.unparse(one.target): text for one, text in documented(body)}
        for name in names:
            yield f"## {name}\n\n{markdown(docs[name])}\n"
            yield from _table(name, getattr(source, name))
            yield ""


def _table(name: str, schema: Schema) -> Iterator[str]:
    yield "| column | type | meaning |\n|---|---|---|"
    for column, dtype in schema.items():
        meaning = OWN_MEANINGS.get((name, column)) or MEANINGS[column]
        yield f"| `{column}` | `{_type(dtype)}` | {meaning} |"


def _type(dtype: pl.DataType | DataTypeClass) -> str:
    if isinstance(dtype, pl.List):
        return "List(Struct)" if isinstance(dtype.inner, pl.Struct) else f"List({_type(dtype.inner)})"
    return str(dtype)


def _run_folder() -> Iterator[str]:
    yield f"# Run folders\n\n{NOTE}{ABOUT_RUNS}"
    yield f"The schema of `run.json` is {manifest.SCHEMA_VERSION}; it rises when a key changes its meaning.\n"
    for name in RECORD:
        yield f"## {name}\n\n{markdown(inspect.getdoc(getattr(manifest, name)) or '')}\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page with its path."""
    yield FOLDER / "frames.md", frames_page()
    yield FOLDER / "run-folder.md", run_folder_page()


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(f"{text.rstrip()}\n", encoding="utf-8")
