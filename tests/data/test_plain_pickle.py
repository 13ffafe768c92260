"""A pickle may hold plain data, and do nothing."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.tables.plain_pickle import load_plain_pickle
from core_harness.errors import DataError

HERE = Path("results.pkl")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Trap:
    """Does something when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self) -> Any:
        return self.reduced


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_come_through(value: Any, protocol: int) -> None:
    assert load_plain_pickle(pickle.dumps(value, protocol), HERE) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, np.nan]),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.array(["AARS", "B"]),
        np.array(["A", None, 1.5], dtype=object),
        np.array([], dtype=np.int8),
        np.array([True, False]),
        np.array([1, 2], dtype=">i4"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_come_through(array: np.ndarray[Any, Any], protocol: int) -> None:
    again = load_plain_pickle(pickle.dumps({"a": array}, protocol), HERE)["a"]
    assert again.dtype == pickle.loads(pickle.dumps(array, protocol)).dtype
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_so_do_numbers_of_numpy_sets_and_ordered_dictionaries(protocol: int) -> None:
    value = {"n": np.float32(0.5), "i": np.int64(3), "s": {1, 2}, "o": OrderedDict(a=1), "f": frozenset("a")}
    assert load_plain_pickle(pickle.dumps(value, protocol), HERE) == value


def test_arrays_that_numpy_1_wrote_come_through() -> None:
    content = pickle.dumps(np.array([1.5]), 4).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    content = content.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core")
    content = content[:3] + (len(content) - 11).to_bytes(8, "little") + content[11:]
    assert load_plain_pickle(content, HERE).tolist() == [1.5]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Trap(os.system, "touch trapped"), "posix.system"),
        (Trap(eval, "open('trapped', 'w')"), "builtins.eval"),
        (Trap(getattr, "", "join"), "builtins.getattr"),
        (Trap(np.load, "trapped"), "numpy"),
        (Path("x"), "pathlib"),
        (pl.DataFrame({"a": [1]}), "polars"),
        (np.ma.masked_array([1.0]), "numpy.ma"),
        (os.system, "posix.system"),
    ],
    ids=["system", "eval", "getattr", "load", "path", "frame", "masked", "function"],
)
def test_anything_else_is_refused_and_not_run(
    value: Any, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps(value)
    with pytest.raises(DataError, match=f"results.pkl wants {named}.*plain containers and numpy arrays only"):
        load_plain_pickle(content, HERE)
    assert list(tmp_path.iterdir()) == []


class WithPersistentId(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return "elsewhere" if obj == "x" else None


def test_what_lies_outside_is_refused() -> None:
    content = io.BytesIO()
    WithPersistentId(content).dump(["x"])
    with pytest.raises(DataError, match="refers to 'elsewhere' outside of it"):
        load_plain_pickle(content.getvalue(), HERE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"pert,gene,score\n",
        pickle.dumps([1, 2, 3])[:-3],
        b"cnumpy\nndarray\n(I1000000000000\ntR.",  # an array of 8 TB
        b"cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n(S'O'\ntRS'x'\ntR.",
        b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I9\ntS'b'\ntR.",
        b"cbuiltins\nbytes\n(I1000000000000\ntR.",
        b"c_codecs\nencode\n(S'x'\nS'zip'\ntR.",
    ],
)
def test_a_damaged_or_odd_one_is_one_line(content: bytes) -> None:
    with pytest.raises(DataError, match="is not a whole pickle of plain data") as caught:
        load_plain_pickle(content, HERE)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_an_error(content: bytes) -> None:
    with contextlib.suppress(DataError):
        load_plain_pickle(content, HERE)
