"""Pickles of plain containers and numpy arrays, and of nothing else.

A pickle is a program. This one may only put together lists, tuples, dictionaries, sets, numbers, text
and arrays of them: every other name in it is refused before anything is imported or called.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core_harness.errors import DataError


def load_plain_pickle(content: bytes, path: Path) -> Any:
    """Return what a pickle holds.

    Raises :class:`~core_harness.errors.DataError` where it names anything but plain containers and numpy
    arrays, or is no whole pickle. ``path`` is for messages.
    """
    try:
        return _Plain(io.BytesIO(content)).load()
    except DataError as error:
        raise DataError(f"{path} {error}") from None
    except Exception as error:  # noqa: BLE001  anything that a damaged or hostile pickle does is one line
        raise DataError(
            f"{path} is not a whole pickle of plain data ({type(error).__name__}: {error})"
        ) from None


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[_NOW.get(module, module), name]
        except KeyError:
            raise DataError(
                f"wants {module}.{name}; a pickle may hold plain containers and numpy arrays only, "
                "so save it as CSV or Parquet"
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        raise DataError(f"refers to {str(pid)!r} outside of it; save it as CSV or Parquet")


_ARRAY = object()
"""Stands for numpy's class of arrays, so that a pickle can name it but not call it."""


def _reconstruct(kind: object, shape: tuple[int, ...], code: bytes) -> Any:
    if kind is not _ARRAY or shape != (0,):
        raise ValueError("an array is made in an unusual way")
    return np.empty(0, dtype=np.dtype(code.decode()))


def _scalar(kind: Any, content: bytes) -> Any:
    # numpy refuses to take objects from a buffer
    return np.frombuffer(content, dtype=kind, count=1)[0]


def _from_buffer(content: bytes, kind: Any, shape: tuple[int, ...], order: Literal["C", "F"]) -> Any:
    return np.frombuffer(content, dtype=kind).reshape(shape, order=order)


def _dtype(code: str, *_: object) -> np.dtype[Any]:
    if not isinstance(code, str):
        raise TypeError("an array has a type that is not a plain one")
    return np.dtype(code, False, True)  # a copy, for the pickle goes on to set its byte order


def _bytes() -> bytes:
    """Stand in for ``bytes``, by which old protocols write no bytes at all."""
    return b""


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``codecs.encode``, by which old protocols write bytes."""
    if encoding != "latin1":
        raise ValueError(f"bytes are encoded as {encoding}")
    return text.encode("latin1")


_NOW = {
    "__builtin__": "builtins",
    "numpy.core.multiarray": "numpy._core.multiarray",
    "numpy.core.numeric": "numpy._core.numeric",
}
"""Modules by the names that older versions write."""

_ADMITTED: Mapping[tuple[str, str], object] = {
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "bytes"): _bytes,
    ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): _ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
}
