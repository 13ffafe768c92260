"""From the name of a model to the llm that asks it."""

from __future__ import annotations

import os
from typing import Any

from core_harness.data.sources.manifest import read_manifest
from core_harness.errors import HarnessError, UnknownModelError, UsageError
from core_harness.evaluation.spec import RunSpec
from core_harness.paths import data_folder
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.registry.entries import ModelEntry, Registry, Route


def make_model(
    spec: RunSpec, registry: Registry, catalog: Catalog, *, keyless: bool = False
) -> Instance | None:
    """Return the llm that ``spec.model`` names, or None where it names none.

    An alias becomes the first of its routes whose key is set; with an address (``llm.api_base``), and where
    none is set and none needed (``keyless``), simply the first. Raises :class:`UsageError`. Sends nothing.
    """
    if spec.model is None:
        return None
    routes = model_routes(spec, registry, catalog)
    for key, component, parameters in routes:
        if key is None or "api_base" in spec.parameters.get("llm", {}) or os.environ.get(key):
            model = catalog.make("llm", component, parameters)
            if spec.model not in registry.models:
                _check_known(model, spec.model, catalog)
            return model
    if keyless:
        _, component, parameters = routes[0]
        return catalog.make("llm", component, parameters)
    keys = " or ".join(str(key) for key, _, _ in routes)
    raise UsageError(f"model {spec.model!r} needs {keys} in the environment; nothing was sent")


def _check_known(model: Instance, name: str, catalog: Catalog) -> None:
    """Refuse a model that nothing here has, where it may be that of a plugin which is broken or left out.

    Raises :class:`UsageError` that names these plugins. Any other fault is said when the model is asked.
    """
    if not (hint := catalog.broken_hint(name)):
        return
    try:
        call(model, "describe")
    except UnknownModelError as error:
        raise UsageError(f"{error}{hint}") from None
    except HarnessError:
        return


def model_routes(
    spec: RunSpec, registry: Registry, catalog: Catalog
) -> list[tuple[str | None, str, dict[str, Any]]]:
    """Return the ways to ask the model of a spec: variable of the key, llm component, its parameters.

    A name is an alias of the registry, else an llm component, else what litellm calls a model.
    """
    if spec.model is None:
        return []
    given = dict(spec.parameters.get("llm", {}))
    if (entry := registry.models.get(spec.model)) is None:
        component, _, of_component = spec.model.partition(":")
        if catalog.has("llm", component):
            return [(None, component, ({"model": of_component} if of_component else {}) | given)]
        return [(None, registry.llm, {"model": spec.model, **given})]
    if entry.component is not None:
        return [(None, entry.component, _of_weights(entry) | entry.parameters | given)]
    elsewhere = "api_base" in given
    return [
        (route.key, registry.llm, _of_route(route, elsewhere=elsewhere) | entry.parameters | given)
        for route in (entry.routes[:1] if elsewhere else entry.routes)
    ]


def _of_weights(entry: ModelEntry) -> dict[str, Any]:
    """Return the file of a model of this machine, and the digest by the registry or by its first pull."""
    if entry.weights is None:
        return {}
    record = read_manifest(data_folder()).files.get(entry.weights.file)
    digest = entry.weights.sha256 or (record.sha256 if record else "")
    return {"model": entry.weights.file, "sha256": digest}


def _of_route(route: Route, *, elsewhere: bool) -> dict[str, Any]:
    """Return what a route says to the llm; its price holds at its own address only."""
    said = {"model": route.model, "api_base": route.api_base, "key_variable": route.key}
    known: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if route.price is not None and not elsewhere:
        known["price"] = route.price.model_dump()
    return known
