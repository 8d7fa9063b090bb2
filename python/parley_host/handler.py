"""An author's function with what it wants to be called with."""

from __future__ import annotations

import base64
import inspect
import json
from typing import Any, Callable

from .parts import input_of

_CONTEXT_NAMES = ("context", "ctx", "_context", "_ctx")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Handler:
    """A function behind a skill. ``is_async``: it is called on the event loop, otherwise in a thread.
    ``answers_any_action``: it also takes calls of skills that nothing else answers."""

    def __init__(
        self,
        function: Callable[..., Any],
        prepare: Callable[[list, str], dict],
        *,
        answers_any_action: bool = False,
    ) -> None:
        self.function = function
        self.is_async = _is_async(function) or _is_async(getattr(function, "__call__", None))
        self.answers_any_action = answers_any_action
        self._prepare = prepare
        self._positional, self._keyword = _wants(function)

    def bind(self, parts: list[dict[str, Any]], skill: str, context: Any) -> Callable[[], Any]:
        """The call with everything filled in. The context is the second argument, or goes by the name ``context``."""
        arguments = [self._prepare(parts, skill), context][: self._positional]
        named = {self._keyword: context} if self._keyword else {}
        return lambda: self.function(*arguments, **named)


def plain_input(parts: list[dict[str, Any]], skill: str) -> dict[str, Any]:
    """What a function gets."""
    return input_of(parts, skill)


def action_input(parts: list[dict[str, Any]], skill: str) -> dict[str, Any]:
    """What ``PixellAdapter.process_request`` gets; an action among the arguments is the one that counts."""
    return {"action": skill, **input_of(parts, skill)}


def text_input(parts: list[dict[str, Any]], skill: str) -> dict[str, str]:
    """What a custom handler gets: every value is a string, others as JSON with bytes in base64."""
    return {name: _to_text(value) for name, value in input_of(parts, skill).items()}


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_bytes_to_text)


def _bytes_to_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _wants(function: Callable[..., Any]) -> tuple[int, str]:
    """How many of (input, context) go by position, and the name under which the context goes otherwise."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return 1, ""
    positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
    second = positional[1] if len(positional) >= 2 else None
    if second is not None and (second.default is inspect.Parameter.empty or second.name in _CONTEXT_NAMES):
        return 2, ""
    named = [parameter.name for parameter in parameters if parameter not in positional[:1]]
    keyword = next((name for name in named if name in _CONTEXT_NAMES), "")
    open_ended = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters)
    return (1 if positional or open_ended else 0), keyword
