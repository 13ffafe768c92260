"""Files that anyone may have written are read within limits; beyond them there is one line."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import RunError
from core_harness.runs import reading
from core_harness.runs.reading import read_bytes, read_json

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)
SMALL = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


def nested(depth: int) -> str:
    return '{"a":' + "[" * depth + "]" * depth + "}"


HOSTILE = {
    "a deep list": (nested(100), "more than 16 deep"),
    "a very deep list": (nested(100_000), "cannot be read"),
    "deep objects": ('{"a":' * 50 + "1" + "}" * 50, "more than 16 deep"),
    "many values": (json.dumps({"a": [0] * reading.MOST_VALUES}), "more than 5,000 values"),
    "many keys": (json.dumps({str(at): 0 for at in range(3_000)}), "more than 5,000 values"),
    "a long text": (json.dumps({"a": "x" * 10_001}), "a text of 10,001 characters"),
    "a long key": (json.dumps({"x" * 10_001: 0}), "a text of 10,001 characters"),
    "a large file": (json.dumps({"a": ["x" * 9_000] * 40}), "is too large: "),
    "a key twice": ('{"a": 1, "b": 2, "a": 3}', "key 'a' stands twice"),
    "an inner key twice": ('{"a": {"b": 1, "b": 1}}', "key 'b' stands twice"),
    "not a number": ('{"a": NaN}', "NaN is no JSON number"),
    "infinity": ('{"a": -Infinity}', "-Infinity is no JSON number"),
    "a float too large": ('{"a": 1e999}', "a number that is not finite"),
    "a whole number too large": ('{"a": 18446744073709551616}', "more than 64 bits"),
    "a number of 200,000 digits": ('{"a": ' + "1" * 200_000 + "}", "cannot be read"),
    "a list": ("[]", "holds list"),
    "half": ('{"a": ', "cannot be read"),
    "nothing": ("", "cannot be read"),
    "no UTF-8": (b'{"a": "\xff"}'.decode("latin1"), "cannot be read"),
}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json") / "run.json"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_limit_that_is_hit_is_one_line(name: str, tmp_path: Path) -> None:
    text, message = HOSTILE[name]
    (tmp_path / "run.json").write_bytes(text.encode("latin1"))
    with pytest.raises(RunError) as caught:
        read_json(tmp_path / "run.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@given(st.dictionaries(st.text(max_size=5), SMALL, max_size=4))
def test_what_this_program_writes_is_read(scratch: Path, content: dict[str, Any]) -> None:
    scratch.write_text(json.dumps(content))
    assert read_json(scratch) == content


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_one_line(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    with suppress(RunError):
        assert isinstance(read_json(scratch), dict)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_file(path: Path) -> None:
    path.with_name("elsewhere").write_text("{}")
    path.symlink_to(path.with_name("elsewhere"))


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def folder(path: Path) -> None:
    path.mkdir()


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


SPECIAL = [pipe, link_to_a_file, link_to_a_device, link_to_nothing, link_to_itself, folder, unix_socket]


@pytest.mark.parametrize("make", SPECIAL)
def test_only_regular_files_are_read(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    make(tmp_path / "run.json")
    with pytest.raises(RunError, match="cannot be read"):
        read_bytes(tmp_path / "run.json", most=10)


def test_a_file_of_a_terabyte_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "run.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(RunError, match="too large: 1,099,511,627,776 bytes, at most 262,144 are read"):
        read_json(tmp_path / "run.json")
