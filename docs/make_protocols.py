"""Write the pages about what a plugin can bring from docstrings: ``python docs/make_protocols.py``."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from core_harness.plugins.component import Kind
from core_harness.plugins.starting import SUMMARIES

FOLDER = Path(__file__).parent / "plugins"
NOTE = "<!-- written by docs/make_protocols.py -->\n"

PARTS: Mapping[Kind, tuple[tuple[str, str], ...]] = {
    "dataset": (
        ("plugins.protocols", "Dataset"),
        ("plugins.protocols", "BringsKnowledge"),
        ("plugins.protocols", "ExtendsKnowledge"),
        ("plugins.protocols", "OffersContexts"),
        ("plugins.protocols", "Repeats"),
    ),
    "retriever": (
        ("plugins.protocols", "Retriever"),
        ("plugins.protocols", "UsesKnowledge"),
        ("schemas", "Task"),
        ("schemas", "Block"),
    ),
    "organizer": (
        ("plugins.protocols", "Organizer"),
        ("plugins.protocols", "AskingOrganizer"),
        ("plugins.protocols", "UsesKnowledge"),
        ("evidence.evidence", "Evidence"),
        ("prompts.template", "load_template"),
        ("prompts.template", "Template"),
        ("prompts.pairs", "pair_prompts"),
        ("prompts.pairs", "Layout"),
    ),
    "llm": (
        ("llm.messages", "LLM"),
        ("llm.messages", "InProcess"),
        ("llm.messages", "Request"),
        ("llm.messages", "Reply"),
        ("llm.messages", "Transient"),
        ("llm.messages", "Permanent"),
    ),
    "aggregator": (
        ("plugins.protocols", "Aggregator"),
        ("plugins.protocols", "LearningAggregator"),
        ("plugins.protocols", "Explains"),
        ("plugins.protocols", "UsesKnowledge"),
        ("evidence.evidence", "Evidence"),
    ),
    "strategy": (("plugins.component", "Strategy"),),
}
"""Classes and functions that describe a kind, each with its module; the first is what must be there."""

TEXTS: Mapping[Kind, Mapping[str, str]] = {"organizer": {"prompts.parts": "Parts of a template"}}
"""Modules whose docstrings belong to a page, with their headings."""

FRAMES: Mapping[Kind, tuple[str, ...]] = {
    "dataset": ("ROWS",),
    "retriever": ("PAIRS", "SUPPORT", "RELATIONS", "RELATION_DETAILS"),
    "organizer": ("EVIDENCE", "TOTALS", "PROMPTS"),
    "llm": (),
    "aggregator": ("TOTALS", "ANSWERS", "PREDICTIONS"),
    "strategy": (),
}
"""Frames that a kind takes or returns."""


HOMES = {
    "schemas": "core_harness",
    "evidence.evidence": "core_harness",
    "plugins.component": "core_harness",
    "llm.messages": "core_harness.llm",
    "prompts.pairs": "core_harness.prompts",
    "prompts.template": "core_harness.prompts",
}
"""Where an author imports what a module defines from, where that is another one."""


def page(kind: Kind) -> str:
    """Return the page of a kind."""
    return "\n".join(_page(kind))


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page with its path."""
    for kind in PARTS:
        yield FOLDER / f"{kind}.md", page(kind)


def _page(kind: Kind) -> Iterator[str]:
    yield f"# {'LLM' if kind == 'llm' else kind.capitalize()}\n\n{NOTE}"
    article = "an" if kind[0] in "aeiol" else "a"
    yield f"```\ncore-harness plugins new {kind} mine\n```\n"
    yield f"writes {article} {kind} to start from: {SUMMARIES[kind]}. See [your first plugin](index.md)."
    if frames := FRAMES[kind]:
        links = ", ".join(f"[`{name}`](frames.md#{name.lower()})" for name in frames)
        yield f"\nFrames that it takes or returns: {links}."
    for number, (module, name) in enumerate(PARTS[kind]):
        yield from _described(module, name, must=number == 0)
    for module, heading in TEXTS.get(kind, {}).items():
        yield f"\n## {heading}\n\n{markdown(inspect.getdoc(import_module(f'core_harness.{module}')) or '')}"


def _described(module: str, name: str, *, must: bool) -> Iterator[str]:
    source = import_module(f"core_harness.{module}")
    tree = ast.parse(inspect.getsource(source))
    node = next(n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef) and n.name == name)
    home = HOMES.get(module, f"core_harness.{module}")
    yield f"\n## {name}\n\n`{home}.{name}`{', which must be there' if must else ''}\n"
    if isinstance(node, ast.FunctionDef):
        yield f"`{_signature(node)}`\n"
    yield markdown(ast.get_docstring(node) or "")
    if isinstance(node, ast.FunctionDef):
        return
    for attribute, doc in documented(node.body):
        yield f"\n**`{ast.unparse(attribute)}`** {markdown(doc)}"
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not method.name.startswith("_"):
            yield f"\n### {method.name}\n\n`{_signature(method)}`\n"
            yield markdown(ast.get_docstring(method) or "")


def documented(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.AnnAssign, str]]:
    """Yield the annotated assignments that a docstring follows, each with it."""
    for one, following in pairwise(body):
        if not isinstance(one, ast.AnnAssign) or not isinstance(following, ast.Expr):
            continue
        if isinstance(following.value, ast.Constant) and isinstance(following.value.value, str):
            yield one, inspect.cleandoc(following.value.value)


def markdown(docstring: str) -> str:
    """Return a numpy docstring as Markdown."""
    # tables first: their columns are counted
    text = re.sub(r"^(=+(?: =+)+)\n(.*?)\n\1\n(.*?)\n\1$", _table, docstring, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r":\w+:`([^`<]+?)\s+<[^`]+>`", r"`\1`", text)
    text = re.sub(r":\w+:`~?([^`]+)`", lambda found: f"`{found[1].rpartition('.')[2]}`", text)
    text = text.replace("``", "`")
    text = re.sub(r"::\n\n((?:(?:    .*)?\n?)+)", lambda found: _fenced(found[1]), text)
    text = re.sub(r"^(\w+)\n-+\n((?:.+\n?|\n(?!\w+\n-))+)", _section, text, flags=re.MULTILINE)
    return text.strip()


def _table(found: re.Match[str]) -> str:
    """Return a simple table, whose cells may go on in the next line, as Markdown has tables."""
    starts = [column.start() for column in re.finditer("=+", found[1])]
    rows: list[list[str]] = []
    for line in (*found[2].splitlines(), *found[3].splitlines()):
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{before} {more}".strip() for before, more in zip(rows[-1], cells, strict=True)]
    rows.insert(1, ["---"] * len(starts))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _section(found: re.Match[str]) -> str:
    """Return the entries of a section, such as ``Parameters``, as a list; of others the text."""
    entries = re.findall(r"^(\S.*)\n((?:    .*\n?|\n(?=    ))+)", f"{found[2]}\n", re.MULTILINE)
    if not entries:
        return f"**{found[1]}.** {found[2]}"
    listed = "".join(f"- `{name}`: {' '.join(text.split())}\n" for name, text in entries)
    return f"**{found[1]}**\n\n{listed}"


def _fenced(block: str) -> str:
    return f":\n\n```text\n{textwrap.dedent(block).strip()}\n```\n\n"


def _signature(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returned = f" -> {ast.unparse(method.returns)}" if method.returns else ""
    if any(isinstance(one, ast.Name) and one.id == "property" for one in method.decorator_list):
        return f"{method.name}{returned}"
    prefix = "async " if isinstance(method, ast.AsyncFunctionDef) else ""
    arguments = ast.unparse(method.args).removeprefix("self").removeprefix(", ")
    return f"{prefix}{method.name}({arguments}){returned}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
