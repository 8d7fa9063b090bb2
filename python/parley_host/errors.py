"""What an author's code can catch."""

from __future__ import annotations

from typing import Any, Optional


class Canceled(Exception):
    """The call was cancelled. ``code`` says why: CANCELED, DEADLINE_EXCEEDED."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class AgentCallError(Exception):
    """A call to another agent that did not end well. ``task`` is its task, when there is one."""

    def __init__(self, message: str, code: str, task: Optional[dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.code = code
        self.task = task
