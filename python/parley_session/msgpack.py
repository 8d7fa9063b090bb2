"""MessagePack as far as sessions speak it: nil, bool, int, float, str, bin, array, map. Extension types are refused.

Tuples and sets are packed as arrays. What MessagePack has no form for is handed to ``portable.to_portable`` first.
"""

from __future__ import annotations

import struct
from typing import Any

MAX_DEPTH = 200


class PackError(ValueError):
    """The value has no MessagePack form."""


class UnpackError(ValueError):
    """The bytes are not a MessagePack value that sessions know."""


def pack(value: Any, limit: int = 2**32 - 1) -> bytes:
    """The value as bytes. PackError for one that has no form, is nested too deep, or takes more than ``limit`` bytes."""
    out = bytearray()
    _Packer(out, limit).put(value, 0)
    return bytes(out)


def unpack(content: bytes) -> Any:
    """The one value that the bytes are. UnpackError when they are something else."""
    reader = _Reader(content)
    value = reader.read(0)
    if reader.offset != len(content):
        raise UnpackError(f"{len(content) - reader.offset} bytes follow the value")
    return value


class _Packer:
    def __init__(self, out: bytearray, limit: int) -> None:
        self._out = out
        self._limit = limit

    def put(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise PackError(f"it is nested deeper than {MAX_DEPTH} levels")
        if value is None:
            self._out.append(0xC0)
        elif isinstance(value, bool):
            self._out.append(0xC3 if value else 0xC2)
        elif isinstance(value, int):
            self._put_int(value)
        elif isinstance(value, float):
            self._out += struct.pack(">Bd", 0xCB, value)
        elif isinstance(value, str):
            self._put_text(value)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            content = bytes(value)
            self._put_head(len(content), (None, 0xC4, 0xC5, 0xC6), 0)
            self._put_raw(content)
        else:
            self._put_container(value, depth)
        if len(self._out) > self._limit:
            raise PackError(f"it takes more than {self._limit} bytes")

    def _put_container(self, value: Any, depth: int) -> None:
        if isinstance(value, dict):
            self._put_head(len(value), (0x80, None, 0xDE, 0xDF), 16)
            for key, item in value.items():
                self.put(key, depth + 1)
                self.put(item, depth + 1)
        elif isinstance(value, (list, tuple, set, frozenset)):
            self._put_head(len(value), (0x90, None, 0xDC, 0xDD), 16)
            for item in value:
                self.put(item, depth + 1)
        else:
            raise PackError(f"a value of type {type(value).__name__} has no form")

    def _put_int(self, value: int) -> None:
        if 0 <= value < 0x80 or -0x20 <= value < 0:
            self._out += struct.pack(">b" if value < 0 else ">B", value)
            return
        for low, high, code, form in _INTEGERS:
            if low <= value <= high:
                self._out += struct.pack(form, code, value)
                return
        raise PackError("an integer takes more than 64 bits")

    def _put_text(self, value: str) -> None:
        try:
            content = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise PackError("a text is not valid Unicode") from error
        self._put_head(len(content), (0xA0, 0xD9, 0xDA, 0xDB), 32)
        self._put_raw(content)

    def _put_raw(self, content: bytes) -> None:
        if len(self._out) + len(content) > self._limit:
            raise PackError(f"it takes more than {self._limit} bytes")
        self._out += content

    def _put_head(self, length: int, codes: tuple, short: int) -> None:
        fix, one, two, four = codes
        if fix is not None and length < short:
            self._out.append(fix | length)
        elif one is not None and length < 2**8:
            self._out += struct.pack(">BB", one, length)
        elif length < 2**16:
            self._out += struct.pack(">BH", two, length)
        elif length < 2**32:
            self._out += struct.pack(">BI", four, length)
        else:
            raise PackError("it has more than 4294967295 elements")


_INTEGERS = (
    (0, 2**8 - 1, 0xCC, ">BB"),
    (0, 2**16 - 1, 0xCD, ">BH"),
    (0, 2**32 - 1, 0xCE, ">BI"),
    (0, 2**64 - 1, 0xCF, ">BQ"),
    (-(2**7), -1, 0xD0, ">Bb"),
    (-(2**15), -1, 0xD1, ">Bh"),
    (-(2**31), -1, 0xD2, ">Bi"),
    (-(2**63), -1, 0xD3, ">Bq"),
)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = memoryview(content)
        self.offset = 0

    def read(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise UnpackError(f"the value is nested deeper than {MAX_DEPTH} levels")
        code = self._number(">B")
        if code < 0x80:
            return code
        if code >= 0xE0:
            return code - 0x100
        if code < 0x90:
            return self._map(code & 0x0F, depth)
        if code < 0xA0:
            return self._array(code & 0x0F, depth)
        if code < 0xC0:
            return self._text(code & 0x1F)
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        if code in _NUMBERS:
            return self._number(_NUMBERS[code])
        if code in _SIZED:
            kind, form = _SIZED[code]
            return self._sized(kind, self._number(form), depth)
        if code == 0xC1:
            raise UnpackError("the byte 0xc1 begins no value")
        raise UnpackError("extension types are not supported")

    def _sized(self, kind: str, length: int, depth: int) -> Any:
        if kind == "map":
            return self._map(length, depth)
        if kind == "array":
            return self._array(length, depth)
        return self._text(length) if kind == "str" else bytes(self._take(length))

    def _map(self, length: int, depth: int) -> dict:
        value = {}
        for _ in range(length):
            key = self.read(depth + 1)
            if isinstance(key, (list, dict)):
                raise UnpackError("an array or a map is the key of a map")
            value[key] = self.read(depth + 1)
        return value

    def _array(self, length: int, depth: int) -> list:
        return [self.read(depth + 1) for _ in range(length)]

    def _text(self, length: int) -> str:
        try:
            return str(self._take(length), "utf-8")
        except UnicodeDecodeError as error:
            raise UnpackError("a text is not UTF-8") from error

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, length: int) -> memoryview:
        end = self.offset + length
        if end > len(self._content):
            raise UnpackError("the value ends early")
        taken = self._content[self.offset : end]
        self.offset = end
        return taken


_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_SIZED = {
    0xC4: ("bin", ">B"),
    0xC5: ("bin", ">H"),
    0xC6: ("bin", ">I"),
    0xD9: ("str", ">B"),
    0xDA: ("str", ">H"),
    0xDB: ("str", ">I"),
    0xDC: ("array", ">H"),
    0xDD: ("array", ">I"),
    0xDE: ("map", ">H"),
    0xDF: ("map", ">I"),
}
