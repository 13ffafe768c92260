"""Reading ``registry.toml``: the shipped file, and a user registry on top of it.

The shipped registry is inside the wheel; a checkout reads the one at its root. Each file is validated as a
whole when it is read, and an error names the key and its line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from core_harness.errors import RegistryError, unknown
from core_harness.knowledge import LayerSource
from core_harness.knowledge.layer_source import faults_of
from core_harness.registry.checked_toml import line_of, parse_entry
from core_harness.registry.entries import Registry, SuiteEntry, UserRegistry
from core_harness.registry.shipped import registry_path
from core_harness.registry.untrusted import objections


@cache
def shipped_registry() -> Registry:
    """Return the registry that belongs to this installation. Raises :class:`RegistryError`."""
    path = registry_path()
    return parse_registry(path.read_text(encoding="utf-8"), str(path))


def parse_registry(text: str, where: str) -> Registry:
    """Return the registry written in ``text``; ``where`` names it in messages."""
    registry = parse_entry(Registry, text, where)
    check_suites(registry, registry.suites, text, where)
    check_layers(registry, registry.layer, text, where)
    return registry


def extended_registry(
    path: Path | None, *, trusted: bool = False, installed: Callable[[], Collection[str]] = tuple
) -> Registry:
    """Return the shipped registry, extended by the file at ``path`` if one is named.

    ``installed`` is called for the strategies of plugins where a suite names one that no registry has.

    Raises :class:`RegistryError` for a file that is not there or not valid and, unless it is ``trusted``,
    for one that changes a shipped name, or names an address or another provider's key.
    """
    shipped = shipped_registry()
    if path is None:
        return shipped
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"the registry {path} cannot be read: {error}") from None
    user = parse_entry(UserRegistry, text, str(path))
    if not trusted and (objection := next(objections(user, shipped), None)):
        raise RegistryError(
            f"{path}: {objection}; if you know and trust this file, add --trust-registry; nothing was sent"
        )
    extended = _merged(shipped, user)
    check_suites(extended, user.suites, text, str(path), installed)
    check_layers(extended, user.layer, text, str(path))
    return extended


def _merged(shipped: Registry, user: UserRegistry) -> Registry:
    """Return the shipped registry with the user's entries, which replace shipped ones of the same name."""
    tables = ("datasets", "strategies", "models", "suites")
    merged = {table: {**getattr(shipped, table), **getattr(user, table)} for table in tables}
    layers = {layer.name: layer for layer in (*shipped.layer, *user.layer)}
    return shipped.model_copy(update={**merged, "layer": tuple(layers.values())})


def check_suites(
    registry: Registry,
    suites: Mapping[str, SuiteEntry],
    text: str,
    where: str,
    installed: Callable[[], Collection[str]] = tuple,
) -> None:
    """Refuse a suite that names what ``registry`` does not have; ``text`` is what the suites were read from.

    ``installed`` returns the strategies of plugins. Raises :class:`RegistryError` with key and line.
    """
    for place, fault in _faults_of_suites(registry, suites, installed):
        line = line_of(text, list(place))
        raise RegistryError(f"{where}, line {line}, key {'.'.join(place)}: {fault}")


def check_layers(registry: Registry, layers: Sequence[LayerSource], text: str, where: str) -> None:
    """Refuse a layer of ``registry`` that is made of layers which do not fit.

    ``layers`` are those that were read from ``text``: the fault is in one of them, or in what one replaced.
    Raises :class:`RegistryError`.
    """
    here = [layer.name for layer in layers]
    for name, fault in faults_of(registry.layer):
        if name not in here:
            raise RegistryError(f"{where}: the shipped layer {name!r} can no longer be made: {fault}")
        place = ["layer", here.index(name), "of"]
        raise RegistryError(f"{where}, line {line_of(text, place)}, key layer.{place[1]}.of: {fault}")


def _faults_of_suites(
    registry: Registry, suites: Mapping[str, SuiteEntry], installed: Callable[[], Collection[str]]
) -> Iterator[tuple[Sequence[str], str]]:
    for name, suite in suites.items():
        named: dict[str, tuple[str, Sequence[str], Collection[str]]] = {
            "datasets": ("dataset", suite.datasets, registry.datasets),
            "strategies": ("strategy", suite.strategies, registry.strategies),
            "asking": ("strategy", suite.asking, registry.strategies),
            "models": ("model", suite.models, registry.models),
            "reference": ("strategy of the suite", (suite.reference,), suite.strategies),
        }
        for key, (kind, wanted, known) in named.items():
            for missing in wanted:
                if missing not in known and not (kind == "strategy" and missing in installed()):
                    yield ("suites", name, key), unknown(kind, missing, known)
        if bool(suite.asking) != bool(suite.models):
            yield ("suites", name), "'asking' and 'models' go together; write both, or neither"
