"""Text for log lines and errors, which no author means to be long."""

from __future__ import annotations

_MAX_LENGTH = 64 * 1024


def limit_text(text: str) -> str:
    """Cut after 64 k characters, and it says so."""
    if len(text) <= _MAX_LENGTH:
        return text
    return f"{text[:_MAX_LENGTH]}… ({len(text) - _MAX_LENGTH} characters cut)"
