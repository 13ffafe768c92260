"""The strategies that can be named: those of the registry, then those of plugins."""

from __future__ import annotations

from typing import get_args

from core_harness.errors import PluginError, UsageError, unknown
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.discovery import FoundStrategy
from core_harness.plugins.names import meant, short_names
from core_harness.registry.entries import Registry, StrategyEntry
from core_harness.vocabulary import StrategyStage


def strategies(registry: Registry, catalog: Catalog) -> dict[str, StrategyEntry]:
    """Return all strategies by name.

    A name of the registry hides that of a plugin, which is then called ``name@distribution``; so are those of
    two plugins with one name.
    """
    of_plugins = short_names(catalog.strategies, taken=registry.strategies)
    return {**registry.strategies, **{name: _entry(one, catalog) for name, one in of_plugins.items()}}


def strategy_named(name: str, registry: Registry, catalog: Catalog) -> StrategyEntry:
    """Return the strategy of that name: of the registry, else of a plugin.

    Raises :class:`~core_harness.errors.UsageError` for an unknown name, and for one of several plugins;
    :class:`~core_harness.errors.PluginError` for a plugin's strategy that chooses what is not there.
    """
    if name in registry.strategies:
        return registry.strategies[name]
    if (found := meant("strategy", name, catalog.strategies)) is None:
        raise UsageError(unknown("strategy", name, strategies(registry, catalog)) + catalog.broken_hint(name))
    entry = _entry(found, catalog)
    for stage in get_args(StrategyStage):
        _check_choice(found, entry, stage, catalog)
    return entry


def _check_choice(found: FoundStrategy, entry: StrategyEntry, stage: StrategyStage, catalog: Catalog) -> None:
    """Raise :class:`PluginError` where a plugin's strategy names a component or parameter that is missing."""
    who, component = f"strategy {found.name!r} of {found.distribution}", getattr(entry, stage)
    try:
        known = catalog.parameters(stage, component)
    except UsageError as error:
        raise PluginError(f"{who}: {error}") from None
    if strange := [key for key in entry.parameters.get(stage, {}) if key not in known]:
        raise PluginError(f"{who}: {unknown(f'parameter of {stage} {component!r}', strange[0], known)}")


def _entry(found: FoundStrategy, catalog: Catalog) -> StrategyEntry:
    """Return a plugin's strategy as the registry has them, its own components by their full names."""
    strategy = found.registered

    def full(stage: StrategyStage) -> str:
        name: str = getattr(strategy, stage)
        own = f"{name}@{found.distribution}"
        return own if catalog.has(stage, own) else name

    return StrategyEntry(
        summary=strategy.summary,
        retriever=full("retriever"),
        organizer=full("organizer"),
        aggregator=full("aggregator"),
        parameters={stage: dict(values) for stage, values in strategy.parameters.items()},
    )
