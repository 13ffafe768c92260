"""Adding a strategy to a user registry: its tables are appended, and the rest of the file stays as it is."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core_harness.errors import RegistryError, UsageError
from core_harness.registry.checked_toml import parse_entry
from core_harness.registry.entries import Name, StrategyEntry, UserRegistry
from core_harness.registry.loading import shipped_registry

_NEW = "schema_version = 1\n"


def check_target(path: Path, name: str, *, replace: bool) -> None:
    """Refuse what :func:`write_strategy` could not write, before anything is computed.

    Raises
    ------
    UsageError
        The name is not one that a registry takes, is shipped, or is in the file already.
    RegistryError
        The file is not a user registry, or its folder is not there.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        raise UsageError(f"{name!r} is not a name; use lower-case letters, digits and _ . / -") from None
    if name in shipped_registry().strategies:
        raise UsageError(f"strategy {name!r} is a shipped name; call yours otherwise")
    if not path.parent.is_dir():
        raise RegistryError(f"{path} cannot be written: there is no folder {path.parent}")
    if name in parse_entry(UserRegistry, _read(path), str(path)).strategies and not replace:
        raise UsageError(f"{path} has a strategy {name!r}; add --replace, or choose another name")


def write_strategy(path: Path, name: str, entry: StrategyEntry, *, replace: bool = False) -> None:
    """Write a strategy into a user registry, which is made where there is none.

    The file appears whole or not at all. All that it held stays as it was, comments too; only a strategy
    that is replaced goes, with what was written inside its tables.

    Raises
    ------
    UsageError, RegistryError
        As :func:`check_target`; or the strategy that is to be replaced is not written as tables that begin
        with its name.
    """
    check_target(path, name, replace=replace)
    old = _read(path)
    new = with_strategy(old, name, entry, str(path))
    parse_entry(UserRegistry, new, str(path))
    target = path.resolve()  # a link stays one
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        temporary.write_bytes(new.encode())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RegistryError(f"{path} cannot be written: {error.strerror}") from None


def with_strategy(text: str, name: str, entry: StrategyEntry, where: str) -> str:
    """Return the text of a registry with a strategy at its end, in place of one of the same name."""
    kept = "".join(_without(text, name))
    gap = "\n" if kept.endswith("\n") else "\n\n"
    new = f"{kept}{gap}{_tables(name, entry)}"
    wanted = tomllib.loads(text)
    wanted["strategies"] = {**wanted.get("strategies", {}), name: _content(entry)}
    try:
        kept_all = tomllib.loads(new) == wanted
    except tomllib.TOMLDecodeError:
        kept_all = False
    if not kept_all:
        raise RegistryError(
            f"{where}: strategies are not written as tables [strategies.NAME] of their own; add {name!r} by "
            "hand, or write to another file"
        )
    return new


def _read(path: Path) -> str:
    """Return the text of the file with its own line ends, or that of an empty registry."""
    try:
        return path.read_bytes().decode() if path.exists() else _NEW
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"the registry {path} cannot be read: {error}") from None


def _without(text: str, name: str) -> Iterator[str]:
    """Yield the lines that do not belong to the tables of a strategy."""
    quoted = "|".join(re.escape(form) for form in (name, f'"{name}"', f"'{name}'"))
    header = re.compile(rf"\s*\[\s*strategies\s*\.\s*(?:{quoted})\s*[.\]]")
    inside = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            inside = header.match(line) is not None
        if not inside:
            yield line


def _tables(name: str, entry: StrategyEntry) -> str:
    key = _key(name)
    content = _content(entry)
    tuned = content.pop("tuned", None)
    lines = [f"[strategies.{key}]", *_pairs(content)]
    if tuned is not None:
        lines += ["", f"[strategies.{key}.tuned]", *_pairs(tuned)]
    return "".join(f"{line}\n" for line in lines)


def _content(entry: StrategyEntry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_defaults=True)


def _pairs(content: Mapping[str, Any]) -> Iterator[str]:
    for key, value in content.items():
        yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else _value(key)


def _value(value: Any) -> str:
    """Return a value as TOML; tables are inline."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):  # what JSON escapes, TOML does; and the character that JSON leaves
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value) if isinstance(value, bool | int) else repr(value)
