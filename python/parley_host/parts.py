"""Between what authors write and read and the parts on the wire."""

from __future__ import annotations

from typing import Any, Iterable, Optional, Sequence

_BYTES = (bytes, bytearray, memoryview)


class WireParts:
    """Parts for a head, and the bytes of the files among them, in order."""

    __slots__ = ("parts", "files")

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.files: list[bytes] = []

    def add_value(self, value: Any) -> "WireParts":
        """Any value that an author returns, yields or sends: str → text, bytes or ``{name, type, bytes}`` → file,
        ``{parts}`` → those parts, a list with files in it → a part for each, None → nothing, everything else → data."""
        if value is None:
            return self
        if isinstance(value, str):
            self.parts.append({"text": value})
        elif isinstance(value, _BYTES):
            self._add_file({"bytes": value})
        elif _is_file(value):
            self._add_file(value)
        elif isinstance(value, (list, tuple)) and any(isinstance(item, _BYTES) or _is_file(item) for item in value):
            for item in value:
                self.add_value(item)
        elif isinstance(value, dict) and len(value) == 1 and isinstance(value.get("parts"), (list, tuple)):
            self.add_parts(value["parts"])
        else:
            self.parts.append({"data": value})
        return self

    def add_parts(self, parts: Iterable[Any]) -> "WireParts":
        """Parts as authors write them."""
        for part in parts:
            self.add_part(part)
        return self

    def add_part(self, part: Any) -> None:
        """``{text}``, ``{data}``, ``{url}`` or ``{bytes}``, with ``filename`` (or ``name``), ``mediaType`` (or ``type``)."""
        if not isinstance(part, dict):
            self.add_value(part)
            return
        metadata = {} if part.get("metadata") is None else {"metadata": part["metadata"]}
        if part.get("text") is not None:
            self.parts.append({"text": part["text"], **metadata})
        elif part.get("bytes") is not None:
            self._add_file(part, metadata)
        elif part.get("url") is not None:
            self.parts.append({"url": part["url"], **_file_names(part), **metadata})
        elif "data" in part:
            self.parts.append({"data": part["data"], **metadata})
        else:
            raise TypeError("a part needs one of text, data, bytes and url")

    def _add_file(self, file: dict[str, Any], metadata: Optional[dict[str, Any]] = None) -> None:
        content = file["bytes"]
        content = content.encode() if isinstance(content, str) else bytes(content)
        names = {"mediaType": "application/octet-stream", **_file_names(file)}
        self.parts.append({"bytes": len(content), **names, **(metadata or {})})
        self.files.append(content)


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("bytes"), _BYTES)


def _file_names(part: dict[str, Any]) -> dict[str, str]:
    filename = part.get("filename") or part.get("name")
    media_type = part.get("mediaType") or part.get("media_type") or part.get("type")
    names = {"filename": filename, "mediaType": media_type}
    return {key: value for key, value in names.items() if value is not None}


def read_parts(parts: Sequence[dict[str, Any]], files: Sequence[bytes]) -> list[dict[str, Any]]:
    """Parts from the wire as authors read them: text, data, url, or file with its bytes."""
    rest = iter(files)
    return [{**part, "bytes": next(rest)} if "bytes" in part else part for part in parts]


def summarize_parts(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What parts say together: all text, the data (objects merged into one), the files."""
    texts = [part["text"] for part in parts if "text" in part]
    values = [part["data"] for part in parts if "data" in part]
    files = [_to_file(part) for part in parts if "bytes" in part or "url" in part]
    return {"text": "\n".join(texts) if texts else None, "data": _merge(values), "files": files}


def _to_file(part: dict[str, Any]) -> dict[str, Any]:
    content = "bytes" if "bytes" in part else "url"
    return {"name": part.get("filename"), "type": part.get("mediaType"), content: part[content]}


def _merge(values: list[Any]) -> Any:
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        return {key: inner for value in values for key, inner in value.items()}
    return values[-1] if values else None


def input_of(parts: Sequence[dict[str, Any]], skill: str) -> dict[str, Any]:
    """The arguments of a handler: the data, the text as ``text`` unless the data has one, the files as ``files``.
    An ``action`` that only repeats the skill is left out."""
    summary = summarize_parts(parts)
    data = summary["data"]
    arguments = dict(data) if isinstance(data, dict) else {} if data is None else {"data": data}
    if arguments.get("action") == skill:
        del arguments["action"]
    if summary["text"] is not None and arguments.get("text") is None:
        arguments["text"] = summary["text"]
    if summary["files"]:
        arguments["files"] = summary["files"]
    return arguments
