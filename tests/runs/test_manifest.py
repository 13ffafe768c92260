"""The record of a run: what makes two runs one method, what is kept, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs.records import component, method, record, summary

from core_harness.errors import RunError
from core_harness.runs.asked import Asked
from core_harness.runs.manifest import Manifest, parse_manifest
from core_harness.runs.masking import HIDDEN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def again(manifest: Manifest, **changes: Any) -> Manifest:
    """Return what is read where a record was written, and perhaps changed by hand."""
    content = {**manifest.as_json(), **changes}
    return parse_manifest(json.loads(json.dumps(content)), "run.json")


def with_components(**changes: Any) -> Manifest:
    parts = {**method().components, **changes}
    return record(method=method(components=parts))


def test_what_is_written_is_read() -> None:
    whole = record(
        state="partial", asking=summary(ended="enough", cost=0.5), part=Asked(limit=5), intervals={"by": "x"}
    )
    assert again(whole).as_json() == whole.as_json()
    assert again(whole).identity == whole.identity


def test_what_a_method_declares_is_kept_and_is_no_part_of_its_identity() -> None:
    declared = record(method=method(beyond_contrast=("potency", "unlisted pairs")))
    assert again(declared).method.beyond_contrast == ("potency", "unlisted pairs")
    assert declared.public().method.beyond_contrast == ("potency", "unlisted pairs")
    assert declared.identity == record().identity
    earlier = record().as_json()
    del earlier["method"]["beyond_contrast"]
    assert parse_manifest(earlier, "run.json").method.beyond_contrast == ()


@given(st.dictionaries(st.text(min_size=1, max_size=5).map("new_{}".format), JSON, max_size=3))
def test_keys_of_a_later_minor_version_are_kept_and_ignored(more: dict[str, Any]) -> None:
    plain = record()
    content = plain.as_json()
    read = parse_manifest(
        {**content, **more, "task": {**content["task"], **more}, "method": {**content["method"], **more}}, "r"
    )
    assert (read.identity, read.task, read.part) == (plain.identity, plain.task, plain.part)
    written = read.model_copy(update={"state": "complete"}).as_json()
    assert written["state"] == "complete"
    for part in (written, written["task"], written["method"]):
        assert more.items() <= part.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 3}, "has schema version 3, this core-harness reads up to 2; install a newer"),
        ({"schema_version": "2"}, "key schema_version: '2' is no version"),
        ({"schema_version": None}, "key schema_version: None is no version"),
        ({"schema_version": True}, "key schema_version: True is no version"),
        ({"state": "weird"}, "key state: Input should be 'running', 'partial' or 'complete'"),
        ({"task": None}, "key task: "),
        ({"task": {**record().as_json()["task"], "regime": "easy"}}, r"key task\.regime: Input should be"),
        ({"dataset": {"parameters": {}}}, r"key dataset\.name: Field required"),
        ({"method": {"label": 5}}, r"key method\.label: "),
        ({"method": {"label": "a", "beyond_contrast": ["luck"]}}, r"key method\.beyond_contrast\.0: Input"),
        ({"part": {"limit": "all"}}, r"key part\.limit: "),
    ],
)
def test_what_is_no_record_is_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError, match=message):
        again(record(), **changes)


@pytest.mark.parametrize("content", [{"schema_version": 1}, {"schema_version": 1, "components": []}])
def test_what_is_no_record_of_the_first_schema_is_one_line(content: dict[str, Any]) -> None:
    with pytest.raises(RunError, match=r"run\.json"):
        parse_manifest(content, "run.json")


def test_a_method_is_not_its_names() -> None:
    renamed = record(method=method(label="another", strategy="other", model="qwen"))
    assert renamed.identity == record().identity


SAME_NAME = {
    "version": with_components(aggregator=component("aggregator", version="2.0")),
    "parameters": with_components(aggregator=component("aggregator", parameters={"power": 1.0})),
    "class": with_components(aggregator=component("aggregator", target="made.up:Other")),
    "component": with_components(retriever=component("other")),
    "template": record(method=method(templates=[{"template": "isolated", "version": 1, "sha256": "0" * 64}])),
    "regime": record(task=replace(record().task, regime="cross-context", support_contexts=("b",))),
    "share": record(task=replace(record().task, regime="unseen-gene", gene_holdout=0.2)),
    "elsewhere": record(method=method(components={})),
}


@pytest.mark.parametrize("what", SAME_NAME)
def test_one_name_is_not_one_method(what: str) -> None:
    assert SAME_NAME[what].method.label == record().method.label
    assert SAME_NAME[what].identity != record().identity
    assert not SAME_NAME[what].same_method_and_pairs(record())


def test_predictions_from_elsewhere_are_known_by_their_name() -> None:
    ours, theirs = (record(method=method(label=name, components={})) for name in ("GEARS", "STATE"))
    assert ours.identity != theirs.identity
    assert ours.identity == record(method=method(label="GEARS", components={})).identity


def test_a_model_is_what_changes_its_answers() -> None:
    def asking(parameters: dict[str, Any], answers: dict[str, Any]) -> Manifest:
        return with_components(llm=component("llm", parameters=parameters, changes_answers=answers))

    plain = asking({"model": "m", "price": 1}, {"model": "m"})
    assert asking({"model": "m", "price": 2}, {"model": "m"}).identity == plain.identity
    assert asking({"model": "m", "price": 1}, {"model": "m", "seed": 1}).identity != plain.identity


def test_an_address_is_hidden_and_no_part_of_the_method() -> None:
    parameters = {"model": "m", "api_base": "http://me@host"}
    shown = component("llm", parameters=parameters, changes_answers=parameters)
    hidden = shown.public()
    assert "host" not in hidden.model_dump_json()
    assert hidden.parameters["api_base"] == HIDDEN
    assert hidden.public() == hidden
    assert with_components(llm=hidden).identity == with_components(llm=shown).identity
    assert hidden.is_made_as(shown)
    own = component("llm", parameters={"model": "m", "api_base": ""})
    assert with_components(llm=own).identity != with_components(llm=shown).identity


@pytest.mark.parametrize(
    "other",
    [
        record(part=Asked(limit=5)),
        record(graph_sha256="2" * 64),
        record(part=Asked(only="evaluable")),
        record(dataset_sha256="1" * 64),
        record(task=replace(record().task, seed=1)),
        record(task=replace(record().task, question="dir")),
    ],
)
def test_other_pairs_are_not_the_same_run(other: Manifest) -> None:
    assert other.identity == record().identity
    assert not other.same_method_and_pairs(record())
    assert record(control="shuffled-labels").same_method_and_pairs(record())
