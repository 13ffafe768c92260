"""What a board reads of a run's manifest. A stranger wrote it: types are checked, and text is harmless."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core_harness.errors import RunError
from core_harness.runs.folder import Run
from core_harness.text import plain

_LONGEST = 120
"""Characters of a name that are shown."""


def _shown(text: str) -> str:
    text = plain(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


Text = Annotated[str, AfterValidator(_shown)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class TaskPart(_Part):
    """What was asked."""

    dataset: Text
    question: Text
    regime: Text
    support_contexts: tuple[Text, ...]
    gene_holdout: float | None


class AskedPart(_Part):
    """Which part of a dataset was asked."""

    limit: int | None
    only: Text | None


class AskingPart(_Part):
    """What asking a model came to."""

    simulated: bool
    ended: Text | None = None


class ComponentPart(_Part):
    """A component with its parameters."""

    name: Text
    distribution: Text = ""
    version: Text = ""
    parameters: dict[Text, Any] = {}

    def described(self) -> str:
        """Return name, parameters and release on one line."""
        settings = ", ".join(f"{key}={value}" for key, value in public(self.parameters).items())
        return _shown(f"{self.name}({settings}) {self.distribution} {self.version}")


class Manifest(_Part):
    """The manifest of a run of schema 1, as far as a board looks at it."""

    state: Text
    task: TaskPart
    method: Text
    model: Text | None
    control: Text | None
    part: AskedPart
    seed: Annotated[int, Field(ge=0)]
    components: dict[Text, ComponentPart]
    dataset_sha256: Text
    graph_sha256: Text | None = None
    predictions_sha256: Text | None = None
    asking: AskingPart | None = None
    finished: Text = ""
    packages: dict[Text, Text] = {}

    @property
    def name(self) -> str:
        """The method, with its model where it asks one."""
        return self.method if self.model is None else f"{self.method} · {self.model}"

    @property
    def identity(self) -> str:
        """What runs of one method share over datasets: its label, its model, its components' parameters."""
        stages = {
            stage: [component.name, public(component.parameters)]
            for stage, component in self.components.items()
            if stage != "dataset"
        }
        return json.dumps([self.method, self.model, stages], sort_keys=True, default=str)


def read_manifest(run: Run) -> Manifest:
    """Return the manifest of a run. Raises :class:`~core_harness.errors.RunError` naming the key."""
    try:
        return Manifest.model_validate(run.manifest)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise RunError(f"{plain(run.name)}: run.json, key {key}: {first['msg']}; evaluate again") from None


def public(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without the address of somebody's server, which may hold a name or a password."""
    return {key: "(not shown)" if key == "api_base" and value else value for key, value in parameters.items()}
