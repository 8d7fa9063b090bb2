"""What a handler's value means for the task."""

from __future__ import annotations

from typing import Any

from .parts import WireParts


def outcome_of(value: Any) -> tuple[dict[str, Any], list[bytes]]:
    """The fields of the ``result`` frame, and its files: ``{status: "error", message}`` failed, ``{kind: "message", text |
    parts}`` a reply instead of a task, ``{kind: "rejection", text | parts}`` a task that the agent does not take, anything
    else a completed task with the value as its artifact."""
    if is_failure(value):
        return _outcome("artifact", "failed", _failure_parts(value))
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "message":
        return _outcome("reply", "completed", _reply_parts(value))
    if kind == "rejection":
        return _outcome("artifact", "rejected", _reply_parts(value))
    return _outcome("artifact", "completed", WireParts().add_value(value))


def is_failure(value: Any) -> bool:
    """True for ``{"status": "error", …}``."""
    return isinstance(value, dict) and value.get("status") == "error"


def _outcome(kind: str, state: str, content: WireParts) -> tuple[dict[str, Any], list[bytes]]:
    return {"as": kind, "state": state, "parts": content.parts}, content.files


def _failure_parts(value: dict[str, Any]) -> WireParts:
    message = value.get("message")
    content = WireParts().add_value("The agent failed." if message is None else message)
    if set(value) - {"status", "message"}:
        content.parts.append({"data": value})
    return content


def _reply_parts(value: dict[str, Any]) -> WireParts:
    content = WireParts()
    if value.get("text") is not None:
        content.add_part({"text": value["text"]})
    return content.add_parts(value.get("parts") or ())
