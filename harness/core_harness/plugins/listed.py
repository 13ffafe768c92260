"""One row a name that users can type for a strategy, a dataset or a component. No class is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core_harness.plugins.component import STAGES, Kind
from core_harness.plugins.discovery import Found, FoundStrategy, Plugins
from core_harness.plugins.extras import missing_extra
from core_harness.plugins.names import BUILT_IN, short_names
from core_harness.text import figure

Tables = Mapping[str, Any]
"""A registry in plain types: ``strategies`` and ``datasets`` by name, with what their tables hold."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A name, and where it comes from.

    Attributes
    ----------
    kind, name, summary
        As it is typed and shown.
    distribution, version
        Of the plugin; None for what a registry names.
    extra_missing
        ``distribution[extra]`` that has to be installed before it can be used, or None.
    """

    kind: Kind
    name: str
    summary: str
    distribution: str | None = None
    version: str | None = None
    extra_missing: str | None = None


def rows_of(registry: Tables, plugins: Plugins) -> Iterator[Row]:
    """Yield strategies, datasets and components; what the registry names hides what plugins call so."""
    strategies, datasets = registry["strategies"], registry["datasets"]
    for name, entry in strategies.items():
        yield Row(kind="strategy", name=name, summary=_summary(entry))
    yield from _rows("strategy", short_names(plugins.strategies, taken=strategies))
    for name, entry in datasets.items():
        yield Row(kind="dataset", name=name, summary=entry["summary"])
    for stage in STAGES:
        taken = datasets if stage == "dataset" else ()
        here = [
            one
            for one in plugins.components
            if one.stage == stage and not (one.distribution == BUILT_IN and one.name in taken)
        ]
        yield from _rows(stage, short_names(here, taken=taken))


def _rows(kind: Kind, named: dict[str, Found] | dict[str, FoundStrategy]) -> Iterator[Row]:
    for name, one in named.items():
        extra = one.registered.extra if isinstance(one, Found) else None
        yield Row(
            kind=kind,
            name=name,
            summary=one.summary,
            distribution=one.distribution,
            version=one.version,
            extra_missing=missing_extra(one.distribution, extra),
        )


def _summary(entry: Mapping[str, Any]) -> str:
    """Return the summary, and with what figure the parameters were chosen, if they were."""
    summary: str = entry["summary"]
    if (tuned := entry.get("tuned")) is None:
        return summary
    # takes a tenth of a second, and few registries have tuned strategies
    from core_harness.metrics.catalog import LABELS  # noqa: PLC0415

    label = LABELS.get(tuned["criterion"], tuned["criterion"])
    return f"{summary}: {label} {figure({'low': None, 'high': None, **tuned})} in {tuned['folds']} folds"
