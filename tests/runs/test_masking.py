"""What leaves the machine with a record: names of files, and neither folders nor addresses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs.records import component, method, record

from core_harness.runs.manifest import Manifest
from core_harness.runs.masking import HIDDEN, masked, masked_dataset

SECRET = "jdoe"
PLACES = [
    f"/home/{SECRET}/screen.csv",
    f"~{SECRET}/screen.csv",
    f"../{SECRET}/screen.csv",
    f"./{SECRET}/screen.csv",
    f"C:\\Users\\{SECRET}\\screen.csv",
    f"\\\\{SECRET}\\share\\screen.csv",
    f"/home/{SECRET}/runs/screen.csv/",
]
ADDRESSES = [f"http://{SECRET}:pw@host/v1", f"file:///home/{SECRET}/x.csv", f"s3://{SECRET}/x.csv"]
KEPT = ["Qwen/Qwen3.5-9B", "together_ai/Qwen/Qwen3.5-9B", "screen", "", "1/2", "a:b", "TOGETHERAI_API_KEY"]


@pytest.mark.parametrize("value", PLACES)
def test_of_a_path_the_last_name_is_left(value: str) -> None:
    assert masked({"anything": value, "inner": {"a": [value]}}) == {
        "anything": "screen.csv",
        "inner": {"a": ["screen.csv"]},
    }
    assert masked_dataset(f"table:{value}") == "table:screen.csv"


@pytest.mark.parametrize("name", ["path", "file", "folder", "data_path", "cache_dir", "Directory"])
def test_a_relative_path_is_known_by_the_name_of_its_parameter(name: str) -> None:
    assert masked({name: f"{SECRET}/screen.csv"}) == {name: "screen.csv"}


@pytest.mark.parametrize("value", ADDRESSES)
def test_no_address_is_left(value: str) -> None:
    assert masked({"url": value}) == {"url": HIDDEN}
    assert masked({"api_base": f"host.{SECRET}"}) == {"api_base": HIDDEN}
    assert masked({"api_base": ""}) == {"api_base": ""}


@pytest.mark.parametrize("value", KEPT)
def test_what_is_no_path_stays(value: str) -> None:
    assert masked({"model": value}) == {"model": value}
    assert masked_dataset(value) == value


def telling(value: str) -> Manifest:
    """Return a record that names a place wherever a record may."""
    parts: dict[str, Any] = {"parameters": {"source": value}, "changes_answers": {"source": value}}
    whole = record(
        method=method(components={stage: component(stage, **parts) for stage in ("retriever", "llm")})
    )
    task = replace(whole.task, dataset=f"table:{value}")
    return whole.model_copy(update={"task": task, "dataset": component("table", **parts)})


@pytest.mark.parametrize("value", [*PLACES, *ADDRESSES[1:]])
def test_a_public_record_tells_nothing_of_the_machine(value: str) -> None:
    private = telling(value)
    assert SECRET in json.dumps(private.as_json())
    assert SECRET not in json.dumps(private.public().as_json())
    assert private.public().identity == private.identity


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=12) | st.integers() | st.none(), max_size=4))
def test_masking_twice_is_masking_once(parameters: dict[str, Any]) -> None:
    assert masked(masked(parameters)) == masked(parameters)
