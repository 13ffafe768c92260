"""Packages and files that a plugin author starts with: small, whole, and tested as they are."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from core_harness.errors import UsageError
from core_harness.plugins.catalog import catalog
from core_harness.plugins.component import Kind
from core_harness.plugins.strategies import strategies
from core_harness.registry.loading import shipped_registry
from core_harness.text import plain

SUMMARIES: Mapping[Kind, str] = {
    "dataset": "a matrix of perturbations by genes",
    "retriever": "related by the sets that two perturbations share",
    "organizer": "asks a model: relatives that moved the gene, then the others",
    "llm": "a rule: what most measurements in the prompt say",
    "aggregator": "the weighted share of relatives that moved the gene",
    "strategy": "the 30 nearest perturbations vote by their weight",
}
"""What a new plugin of each kind does, in at most 60 characters."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40
"""Characters of a name: it becomes a folder, a module, a class and a label of runs."""


_TAKEN = frozenset({"hooks"})
"""Modules that a made package has beside that of the component."""


def start_package(kind: Kind, name: str, into: Path) -> Path:
    """Write the folder ``core-harness-NAME`` below ``into`` and return it.

    Raises :class:`~core_harness.errors.UsageError` for a name that cannot be used, and for a folder that is
    there already or cannot be written.
    """
    texts = _package(kind, name)
    folder = into / f"core-harness-{name}"
    with _written(folder):
        folder.mkdir(parents=True)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    return folder


def start_file(kind: Kind, name: str, into: Path) -> Path:
    """Write one file for ``--plugin`` below ``into`` and return it.

    Raises what :func:`start_package` does.
    """
    values = _values(kind, name)
    file = into / f"{values['module']}.py"
    with _written(file):
        into.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(_render("file.py.jinja", values | {"file": True}))
    return file


def _package(kind: Kind, name: str) -> dict[str, str]:
    """Return the texts of a package's files, by path."""
    values = _values(kind, name)
    module, source = values["module"], f"src/{values['package']}"
    paths = {
        "README.md": "package/README.md.jinja",
        "pyproject.toml": "package/pyproject.toml.jinja",
        ".gitignore": "package/gitignore.jinja",
        ".github/workflows/test.yml": "package/workflow.yml.jinja",
        ".github/workflows/publish.yml": "package/publish.yml.jinja",
        f"{source}/hooks.py": "package/hooks.py.jinja",
        f"tests/test_{module}.py": "package/test.py.jinja",
    }
    if kind != "strategy":
        paths[f"{source}/{module}.py"] = f"component/{kind}.py.jinja"
    texts = {path: _render(template, values) for path, template in paths.items()}
    texts[f"{source}/__init__.py"] = f'"""The {kind} {name} for core-harness."""\n'
    texts[f"{source}/py.typed"] = ""
    if kind == "organizer":
        texts[f"{source}/prompts/{module}.toml"] = values["prompt"]
    if kind == "dataset":
        texts[f"{source}/matrix.tsv"] = values["matrix"]
    return texts


def _values(kind: Kind, name: str) -> dict[str, str]:
    """Return what is put into templates."""
    _check(kind, name)
    module = name.replace("-", "_")
    words = "".join(part.capitalize() for part in name.removesuffix(f"-{kind}").split("-"))
    return {
        "kind": kind,
        "name": name,
        "module": module,
        "package": f"core_harness_{module}",
        "distribution": f"core-harness-{name}",
        "cls": words + ("LLM" if kind == "llm" else kind.capitalize()),
        "summary": SUMMARIES[kind],
        "registered": "Strategy" if kind == "strategy" else "Component",
        "release": ".".join(version("core-harness").split(".")[:2]),
        "prompt": _text("component/prompt.toml"),
        "matrix": _text("component/matrix.tsv"),
    }


def _check(kind: Kind, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"{plain(name)!r:.80} is no name for a new {kind}: lower-case letters, digits and hyphens, "
            f"a letter first, at most {_LONGEST} characters"
        )
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or module in sys.stdlib_module_names or module in _TAKEN:
        raise UsageError(f"{name!r} cannot be the name of a new module of Python; choose another name")
    if name in _taken(kind):
        raise UsageError(f"{kind} {name!r} is there already (see core-harness plugins); choose another name")


def _taken(kind: Kind) -> set[str]:
    """Return the names of a kind that mean something here."""
    registry, found = shipped_registry(), catalog()
    named: dict[Kind, Iterable[str]] = {
        "dataset": registry.datasets,
        "strategy": strategies(registry, found),
        "llm": registry.models,
    }
    return {one.name for one in found if one.stage == kind}.union(named.get(kind, ()))


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Say in one line why a path cannot be written."""
    try:
        yield
    except FileExistsError:
        raise UsageError(f"{path} is there already; move it, or choose another name or --into") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; choose another --into") from None


@cache
def _engine() -> Environment:
    """Return an engine whose marks are in no Python, TOML or Markdown."""
    return Environment(
        loader=PackageLoader("core_harness.plugins"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  it writes Python and TOML, not pages
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _render(template: str, values: Mapping[str, object]) -> str:
    return _engine().get_template(template).render({"file": False, **values})


def _text(path: str) -> str:
    return (resources.files("core_harness.plugins") / "templates" / path).read_text(encoding="utf-8")
