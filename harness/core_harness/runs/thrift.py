"""Thrift's compact protocol, read far enough for the footer and the page headers of a Parquet file.

Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

Struct = dict[int, Any]
"""A struct by the numbers of its fields."""

_DEEPEST = 8
"""Structs and lists within one another; a footer has 5."""


class Reader:
    """Reads structs from bytes.

    Every method raises ValueError or IndexError where the bytes hold no such thing.

    Parameters
    ----------
    content
        The bytes.
    at
        Where to begin. Afterwards, where the next value begins.
    values
        How many values may be read.
    """

    def __init__(self, content: bytes, at: int, *, values: int) -> None:
        self._content = content
        self.at = at
        self._left = values

    def struct(self, depth: int = 0) -> Struct:
        """Read a struct."""
        fields: Struct = {}
        number = 0
        while header := self._byte():
            step, kind = header >> 4, header & 0x0F
            number = number + step if step else self._signed()
            fields[number] = kind == 1 if kind in {1, 2} else self._value(kind, depth + 1)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ValueError("more values than a file of predictions has")
        if kind in {1, 2, 3}:  # in lists, booleans are bytes
            return self._byte()
        if kind in {4, 5, 6}:
            return self._signed()
        if kind == 7:
            return self._bytes(8)
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in {9, 10}:
            header = self._byte()
            size = header >> 4 if header >> 4 < 15 else self._unsigned()
            return [self._value(header & 0x0F, depth + 1) for _ in range(size)]
        if kind == 12:
            return self.struct(depth)
        raise ValueError(f"a value of an unexpected kind ({kind})")  # maps are in no Parquet footer

    def _byte(self) -> int:
        byte = self._content[self.at]
        self.at += 1
        return byte

    def _bytes(self, size: int) -> bytes:
        if size > len(self._content) - self.at:
            raise ValueError("a text that is longer than the file")
        self.at += size
        return self._content[self.at - size : self.at]

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")
        return value | byte << shift

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
