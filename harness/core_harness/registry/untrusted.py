"""What a user registry may not do unless the user trusts it.

Such a file may come with anyone's repository, so it is read only where ``--registry`` names it, never because
it lies in a folder. It may add names but not change what a shipped name means, and it may not send prompts or
keys to a host of its choice; ``--trust-registry`` permits both. A layer's file lies below the data folder in
any registry, trusted or not (:data:`~core_harness.knowledge.layer_source.DataFile`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from urllib.parse import urlsplit

from core_harness.registry.entries import Registry, Route, UserRegistry


def objections(user: UserRegistry, shipped: Registry) -> Iterator[str]:
    """Yield, in one line each, what ``user`` does that takes the user's trust."""
    sent = {(route.provider, route.key) for entry in shipped.models.values() for route in entry.routes}
    for name, entry in user.models.items():
        if entry.weights is not None:
            yield f"model {name!r} would read weights from {urlsplit(entry.weights.url).netloc}"
        for route in entry.routes:
            if route.api_base is not None:
                key = f" and {route.key}" if route.key else ""
                yield f"model {name!r} would send prompts{key} to {urlsplit(route.api_base).netloc}"
            elif not _keeps_to_its_provider(route, sent):
                yield f"model {name!r} would send {route.key} to {route.provider}"
    for kind, names in _names(user).items():
        for name in sorted(names & _names(shipped)[kind]):
            yield f"{kind} {name!r} is a shipped name; call yours otherwise"


def _names(registry: UserRegistry | Registry) -> Mapping[str, Set[str]]:
    return {
        "dataset": registry.datasets.keys(),
        "strategy": registry.strategies.keys(),
        "model": registry.models.keys(),
        "suite": registry.suites.keys(),
        "layer": {layer.name for layer in registry.layer},
    }


def _keeps_to_its_provider(route: Route, sent: set[tuple[str, str | None]]) -> bool:
    """Return whether the key is the provider's own, as far as the shipped registry knows providers."""
    return route.key is None or (route.provider, route.key) in sent
