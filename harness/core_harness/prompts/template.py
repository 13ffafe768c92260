"""Templates: versioned texts that prompts are written with, of core-harness or of any other package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from string import Template as Placeholders

from core_harness.errors import PluginError, unknown
from core_harness.prompts.parts import parse_parts
from core_harness.prompts.wording import wording_file


class Template:
    """A template, made from its own text; :func:`load_template` reads it from a file of a package.

    Parameters
    ----------
    text
        TOML as :mod:`core_harness.prompts.parts` describes it.
    name
        What manifests and messages call it.

    Attributes
    ----------
    name, version
        Of the text.
    parts
        Texts with ``$placeholders``: ``system`` and ``user``, and what is repeated in them.
    digest
        SHA-256 of text and wording: two prompts of one digest were written alike.

    Raises
    ------
    PluginError
        The text is not that of a template, or the name is that of a shipped one and the text is not.
    """

    def __init__(self, text: str, *, name: str) -> None:
        if name in shipped_templates() and text != _read(_shipped(name), name):
            raise PluginError(f"template {name!r} is a shipped name; call yours otherwise")
        version, parts = parse_parts(text, f"template {name!r}")
        self.name = name
        self.version = version
        self.parts: Mapping[str, str] = parts
        self.digest = hashlib.sha256(text.encode() + b"\0" + wording_file()).hexdigest()
        self._compiled = {part: Placeholders(wording) for part, wording in parts.items()}

    def identity(self) -> dict[str, object]:
        """Return what a manifest says of the template."""
        return {"template": self.name, "version": self.version, "sha256": self.digest}

    def need(self, part: str, use: str) -> None:
        """Raise :class:`~core_harness.errors.PluginError` where the template lacks a part for some use."""
        if part not in self.parts:
            raise PluginError(f"template {self.name!r} has no part {part!r} and does not do for {use}")

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """Return a part with ``values`` put in. What is put in is never read as a placeholder itself."""
        return self._compiled[part].substitute(values)


@cache
def load_template(reference: str) -> Template:
    """Return a template that is shipped with core-harness or with another package.

    Parameters
    ----------
    reference
        The name of a shipped template, such as ``"isolated"``, or package and path of a file, such as
        ``"my_package:prompts/mine.toml"``. It becomes the template's name. The file is read once a process.

    Raises
    ------
    PluginError
        There is no such file, or it holds no template.
    """
    package, colon, path = reference.partition(":")
    if colon:
        return Template(_read(_files(package, reference).joinpath(path), reference), name=reference)
    if reference not in shipped_templates():
        raise PluginError(
            f"{unknown('template', reference, shipped_templates())}; "
            "one of another package is written 'package:path/to/it.toml'"
        )
    return Template(_read(_shipped(reference), reference), name=reference)


@cache
def shipped_templates() -> tuple[str, ...]:
    """Return the names of the templates that ship with core-harness, sorted."""
    files = (resources.files("core_harness.prompts") / "templates").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files))


def _shipped(name: str) -> Traversable:
    return resources.files("core_harness.prompts") / "templates" / f"{name}.toml"


def _files(package: str, reference: str) -> Traversable:
    try:
        return resources.files(package)
    except (ImportError, TypeError, ValueError) as error:  # no such package, a module, no name at all
        raise PluginError(f"template {reference!r}: {package!r} is no package here: {error}") from None


def _read(file: Traversable, reference: str) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise PluginError(f"template {reference!r}: {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PluginError(f"template {reference!r}: {file} is not UTF-8; save it in that encoding") from None
