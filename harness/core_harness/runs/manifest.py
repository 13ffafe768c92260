"""``run.json``: the record of a run, typed. It is written, read, migrated and compared here and nowhere else.

A key that this version does not know is kept where a record is written again, and is otherwise ignored.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from core_harness.errors import RunError
from core_harness.llm.summary import Summary
from core_harness.runs.asked import Asked
from core_harness.runs.first_schema import from_first
from core_harness.runs.handed_in import PredictionsFile
from core_harness.runs.masking import HIDDEN, masked, masked_dataset
from core_harness.runs.reading import MOST_SUBMITTER
from core_harness.schemas import Task, simulated_parts
from core_harness.vocabulary import Beyond, Control

SCHEMA_VERSION = 2
"""Major version: it rises when a key changes its meaning, not when one is added."""


class Part(BaseModel):
    """Base of what a record is made of. What others add to a part is not looked at."""

    model_config = ConfigDict(frozen=True)


class ComponentReference(Part):
    """A component by name, code and every parameter: enough to make it again.

    Attributes
    ----------
    name, target
        As its plugin registered it.
    distribution, version
        What was installed.
    parameters
        All of them, defaults included.
    changes_answers
        Of a model: everything that changes an answer, as its plugin states it (``LLM.identity``); the rest of
        the parameters (a price, a timeout) is no part of what the method is. None: all parameters are.
    source_sha256
        Of the source of a class that no plugin registered; None where one did, or it cannot be read.
    """

    name: str
    target: str = ""
    distribution: str = ""
    version: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    changes_answers: dict[str, Any] | None = None
    source_sha256: str | None = None

    def public(self) -> Self:
        """Return the reference without addresses of servers and folders of the machine."""
        stated = None if self.changes_answers is None else masked(self.changes_answers)
        return self.model_copy(update={"parameters": masked(self.parameters), "changes_answers": stated})

    def definition(self) -> dict[str, Any]:
        """Return what the component does, whichever version of it is installed."""
        own = self.public()
        settings = own.parameters if own.changes_answers is None else own.changes_answers
        source = {} if self.source_sha256 is None else {"source_sha256": self.source_sha256}
        return {"name": self.name, "target": self.target, "parameters": settings, **source}

    def is_made_as(self, other: ComponentReference) -> bool:
        """Return whether both have one name, class and parameters, whatever their release.

        A parameter that either does not show is not compared.
        """
        ours, theirs = (one.model_dump(mode="json")["parameters"] for one in (self, other))
        hidden = {key for values in (ours, theirs) for key, value in values.items() if value == HIDDEN}
        one, two = (
            {key: value for key, value in each.items() if key not in hidden} for each in (ours, theirs)
        )
        return (self.name, self.target, _digest(one)) == (other.name, other.target, _digest(two))


class TemplateReference(Part):
    """A prompt template by name, version and digest."""

    template: str
    version: int
    sha256: str


class MethodReference(Part):
    """A method: what :meth:`core_harness.evaluation.session.Session.method` makes again.

    Attributes
    ----------
    label
        What tables call it. No part of the identity.
    strategy, model
        The names by which it was asked for; None where there is none. No part of the identity.
    components
        By stage, without the dataset; empty for predictions that were made elsewhere.
    templates
        Of its prompts.
    beyond_contrast
        What its scores rest on beside measured pairs of the same gene, as it declares; sorted. No part of the
        identity: where parameters decide it, they are. Records of earlier programs do not have it.
    """

    label: str
    strategy: str | None = None
    model: str | None = None
    components: dict[str, ComponentReference] = Field(default_factory=dict, max_length=16)
    templates: tuple[TemplateReference, ...] = Field(default=(), max_length=64)
    beyond_contrast: tuple[Beyond, ...] = Field(default=(), max_length=len(get_args(Beyond)))

    @property
    def name(self) -> str:
        """The label, with the model where one is asked."""
        return self.label if self.model is None else f"{self.label} · {self.model}"

    @property
    def made_here(self) -> bool:
        """Whether the predictions were made by components, and not only scored."""
        return bool(self.components)

    @property
    def definition_sha256(self) -> str:
        """Digest of what the method does: components, parameters, templates; no name that users type.

        Predictions that were made elsewhere have nothing but the name that they were given.
        """
        if not self.made_here:
            return _digest(["made elsewhere", self.label])
        components = {stage: component.definition() for stage, component in self.components.items()}
        return _digest([components, [template.sha256 for template in self.templates]])

    def identity(self, regime: str, support_contexts: Sequence[str], gene_holdout: float | None) -> str:
        """Return the digest that two runs share where the same method ran in the same regime."""
        versions = {
            stage: [component.distribution, component.version] for stage, component in self.components.items()
        }
        return _digest([self.definition_sha256, versions, [regime, list(support_contexts), gene_holdout]])


class AskedWith(Part):
    """The dataset whose question the same prompts answer.

    Attributes
    ----------
    dataset, component, sha256
        Its name, what makes it again, and the digest of its rows.
    not_asked
        Pairs of the direction's dataset that are no pairs of the other one, so that they were not asked.
    """

    dataset: str
    component: ComponentReference
    sha256: str
    not_asked: int = 0

    def public(self) -> Self:
        """Return it without what it tells of the machine."""
        shown = {"dataset": masked_dataset(self.dataset), "component": self.component.public()}
        return self.model_copy(update=shown)


class Manifest(BaseModel):
    """The record of a run.

    Attributes
    ----------
    state
        ``running``, ``partial`` (asking ended early) or ``complete``.
    started, finished
        ISO 8601 in UTC; empty where it is not known.
    task, part, control, control_seeds
        What was asked: of which data, in which regime, with which seed; which part of them; what was broken
        on purpose, and over how many seeds.
    asked_with
        The other dataset, where both questions were asked at once: each has a run of its own. Of the
        direction's dataset, those pairs are asked that this part of the other one holds.
    method, dataset
        By whom, and of what, each with everything that makes it again.
    dataset_sha256, graph_sha256, predictions_sha256
        Digests of the dataset's rows, of the knowledge graph, and of the predictions as a file.
    asking
        What asking a model came to.
    contamination
        Dates by which the model may have read about the data.
    file, submitter
        Where predictions that were made elsewhere came from; who hands it in, as they wish to be named.
    packages
        Versions of what computed.
    identifiers
        ``notes``: what was left out of the source or changed. ``in_graph``: what the graph knows of names.
    weights, elicitation, labelling, intervals
        Reserved: digest of a model's weights; how answers were elicited; how labels were made from
        measurements; how intervals were made.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    schema_version: int = SCHEMA_VERSION
    state: Literal["running", "partial", "complete"] = "running"
    started: str = ""
    finished: str = ""
    task: Task
    part: Asked
    asked_with: AskedWith | None = None
    control: Control | None = None
    control_seeds: int = Field(default=20, ge=1, le=10_000)
    method: MethodReference
    dataset: ComponentReference
    dataset_sha256: str
    graph_sha256: str | None = None
    predictions_sha256: str | None = None
    asking: Summary | None = None
    contamination: dict[str, Any] | None = None
    file: PredictionsFile | None = None
    submitter: str | None = Field(default=None, max_length=MOST_SUBMITTER)
    packages: dict[str, str] = Field(default_factory=dict)
    weights: dict[str, Any] | None = None
    elicitation: dict[str, Any] | None = None
    labelling: dict[str, Any] | None = None
    identifiers: dict[str, Any] | None = None
    intervals: dict[str, Any] | None = None

    _as_read: dict[str, Any] = PrivateAttr(default_factory=dict)

    @field_validator("task")
    @classmethod
    def _check_task(cls, task: Task) -> Task:
        if task.seed < 0:
            raise ValueError(f"seed is {task.seed}; it is a whole number from 0 on")
        if task.gene_holdout is not None and not 0 < task.gene_holdout < 1:
            raise ValueError(f"gene_holdout is {task.gene_holdout}; it is a share between 0 and 1")
        return task

    @property
    def identity(self) -> str:
        """What runs of one method in one regime share, whatever they are called."""
        return self.method.identity(self.task.regime, self.task.support_contexts, self.task.gene_holdout)

    @property
    def question(self) -> str:
        """What runs share that were asked the same pairs under the same seed."""
        task = self.task
        regime = [task.question, task.regime, list(task.support_contexts), task.gene_holdout]
        part = self.part.key
        other = self.asked_with
        if task.question == "dir" and other is not None and (part != [None, None] or other.not_asked):
            part.append(other.sha256)
        return _digest([self.dataset_sha256, regime, part, task.seed])

    @property
    def simulated(self) -> tuple[str, ...]:
        """What a program made up: ``data``, ``answers``, both, or nothing."""
        answers = self.asking is not None and self.asking.simulated
        return simulated_parts(data=self.task.simulated, answers=answers)

    def same_method_and_pairs(self, other: Manifest) -> bool:
        """Return whether both are of one method and graph on the same pairs, perhaps one under a control."""
        ours, theirs = ((one.identity, one.question, one.graph_sha256) for one in (self, other))
        return ours == theirs

    def public(self) -> Manifest:
        """Return the record without what it tells of the machine, or keys that this version does not know."""
        components = {stage: part.public() for stage, part in self.method.components.items()}
        known = {name: getattr(self, name) for name in type(self).model_fields}
        method = self.method.model_copy(update={"components": components})
        task = replace(self.task, dataset=masked_dataset(self.task.dataset))
        shown = {"task": task, "method": method, "dataset": self.dataset.public()}
        return Manifest(**{**known, **shown, "asked_with": self.asked_with and self.asked_with.public()})

    def as_json(self) -> dict[str, Any]:
        """Return the record in plain types, with the keys that this version read and does not know."""
        written = self.model_dump(mode="json")
        written["method"]["definition_sha256"] = self.method.definition_sha256
        return _merged(self._as_read, written)


def versions_of(*distributions: str) -> dict[str, str]:
    """Return the versions of Python and of installed distributions, as a record tells them."""
    return {"python": platform.python_version(), **{name: _version(name) for name in distributions}}


_version = cache(version)  # it reads a file of the distribution


def parse_manifest(content: Mapping[str, Any], where: str) -> Manifest:
    """Return the record that stands in a JSON object; those of earlier schemas are migrated.

    Raises :class:`~core_harness.errors.RunError` for a newer schema, and naming the key for a value that does
    not fit. ``where`` names the file.
    """
    schema = content.get("schema_version")
    if "schema_version" not in content:
        raise RunError(f"{where}, key schema_version: missing; every run of core-harness has it")
    if type(schema) is not int:
        raise RunError(f"{where}, key schema_version: {schema!r} is no version of this schema")
    if schema == 1:
        content = from_first(content, where)
    elif schema > SCHEMA_VERSION:
        raise RunError(
            f"{where} has schema version {schema}, this core-harness reads up to {SCHEMA_VERSION}; "
            "install a newer core-harness"
        )
    elif schema != SCHEMA_VERSION:
        raise RunError(f"{where}, key schema_version: {schema!r} is no version of this schema")
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if "[" not in str(part))  # no names of types
        raise RunError(f"{where}, key {key}: {first['msg']}; evaluate again") from None
    manifest._as_read = deepcopy(dict(content))  # noqa: SLF001 - the class's own, set where it is read
    return manifest


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``new``, with the keys that only ``old`` has, object by object."""
    kept = {key: value for key, value in old.items() if key not in new}
    return {
        **{
            key: _merged(old[key], value)
            if isinstance(value, Mapping) and isinstance(old.get(key), Mapping)
            else value
            for key, value in new.items()
        },
        **kept,
    }


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
