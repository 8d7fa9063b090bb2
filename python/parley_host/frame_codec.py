"""Frames on the wire, as docs/worker-protocol.md has them: u32 length, u32 length of the head, the head as JSON, files."""

from __future__ import annotations

import json
import struct
from typing import Any, Iterator, Sequence

_PREFIX = struct.Struct(">II")

Frame = dict[str, Any]


def encode_frame(frame: Frame, files: Sequence[bytes] = ()) -> bytes:
    """One frame as bytes. TypeError or ValueError for a value that is not JSON."""
    head = _dump(frame).encode("utf-8", "replace")
    length = 4 + len(head) + sum(len(file) for file in files)
    return b"".join((_PREFIX.pack(length, len(head)), head, *files))


def _dump(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=to_json)
    except ValueError as error:
        if "Out of range float" not in str(error):
            raise
        return json.dumps(_without_nan(value), ensure_ascii=False, separators=(",", ":"), default=_to_json_without_nan)


def to_json(value: Any) -> Any:
    """What stands for a value that JSON does not know: models, dataclasses, dates, arrays, sets, paths."""
    for name in ("model_dump", "isoformat", "tolist"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(value, "__fspath__") or type(value).__name__ in ("Decimal", "UUID"):
        return str(value)
    name = type(value).__name__
    raise TypeError(f"a value of type {name} is not JSON; return files as bytes or with name, type and bytes")


def _to_json_without_nan(value: Any) -> Any:
    return _without_nan(to_json(value))


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(inner) for inner in value]
    return value


class FrameDecoder:
    """Cuts the received bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[tuple[Frame, list[bytes]]]:
        """Each frame that is complete now, with its files. ValueError when the bytes are not frames."""
        self._buffer += chunk
        while len(self._buffer) >= _PREFIX.size:
            length, head_length = _PREFIX.unpack_from(self._buffer)
            if head_length + 4 > length:
                raise ValueError("the head of a frame is longer than the frame")
            if len(self._buffer) < 4 + length:
                return
            yield _split(bytes(self._buffer[_PREFIX.size : 4 + length]), head_length)
            del self._buffer[: 4 + length]


def _split(content: bytes, head_length: int) -> tuple[Frame, list[bytes]]:
    frame = json.loads(content[:head_length])
    files = []
    offset = head_length
    for part in frame.get("parts", ()):
        if "bytes" in part:
            files.append(content[offset : offset + part["bytes"]])
            offset += part["bytes"]
    if offset != len(content):
        raise ValueError("the files of a frame do not fit its parts")
    return frame, files
