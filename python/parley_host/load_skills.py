"""Finds the code behind the skills of an ``init`` frame (the adapters of docs/worker-protocol.md)."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Callable

from .handler import Handler, action_input, plain_input, text_input

_ADAPTER_CLASS = "PixellAdapter"


class LoadError(Exception):
    """A skill can't be loaded; the message names it and says what to change."""


async def load_skills(skills: list[dict[str, Any]]) -> dict[str, Handler]:
    """Handlers by skill id, custom handlers under their own names."""
    handlers: dict[str, Handler] = {}
    services: dict[tuple[str, str], dict[str, Handler]] = {}
    for skill in skills:
        spec = skill["handler"]
        try:
            if spec["adapter"] == "custom-handlers":
                key = (spec["module"], spec["name"])
                if key not in services:
                    services[key] = await _load_custom_handlers(*key)
                handlers.update(services[key])
            else:
                handlers[skill["id"]] = _load_handler(spec)
        except LoadError as error:
            raise LoadError(f'skill "{skill["id"]}": {error}') from error.__cause__
    return handlers


def _load_handler(spec: dict[str, Any]) -> Handler:
    module = _import(spec["module"])
    if spec["adapter"] == "pixell":
        return _adapter_handler(_find(module, _ADAPTER_CLASS))
    if spec["adapter"] != "function":
        raise LoadError(f'there is no adapter "{spec["adapter"]}"')
    found = _look_up(module, spec["name"])
    if found is None and hasattr(module, _ADAPTER_CLASS):
        return _adapter_handler(getattr(module, _ADAPTER_CLASS))
    if inspect.isclass(found) and hasattr(found, "process_request"):
        return _adapter_handler(found)
    return Handler(_find(module, spec["name"]), plain_input)


def _adapter_handler(adapter: Callable[[], Any]) -> Handler:
    try:
        return Handler(adapter().process_request, action_input)
    except Exception as error:
        raise LoadError(f"{_ADAPTER_CLASS} cannot be created: {describe(error)}") from error


async def _load_custom_handlers(module_name: str, name: str) -> dict[str, Handler]:
    create = _find(_import(module_name), name)
    try:
        service = create()
        if inspect.isawaitable(service):
            service = await service
    except Exception as error:
        raise LoadError(f'"{module_name}:{name}" failed: {describe(error)}') from error
    functions = {**_handlers_of(service, "custom_handlers"), **_handlers_of(service, "streaming_handlers")}
    if not functions:
        raise LoadError(f'"{module_name}:{name}" returned neither an object with custom_handlers nor a dict with them')
    return {handler_name: Handler(function, text_input) for handler_name, function in functions.items()}


def _handlers_of(service: Any, name: str) -> dict[str, Callable[..., Any]]:
    found = service.get(name) if isinstance(service, dict) else getattr(service, name, None)
    return found if isinstance(found, dict) else {}


def _import(name: str) -> Any:
    path = name[:-3] if name.endswith(".py") else name
    try:
        return importlib.import_module(path.replace("/", "."))
    except BaseException as error:
        raise LoadError(f'module "{name}" cannot be imported: {describe(error)}') from error


def _find(module: Any, name: str) -> Callable[..., Any]:
    found = _look_up(module, name)
    if callable(found):
        return found
    functions = {key: value for key, value in vars(module).items() if inspect.isroutine(value)}
    names = [key for key, value in functions.items() if value.__module__ == module.__name__]
    raise LoadError(f'module "{module.__name__}" has no function "{name}"; it has {", ".join(names) or "no function"}')


def _look_up(module: Any, name: str) -> Any:
    found = module
    for step in name.split("."):
        found = getattr(found, step, None)
    return found


def describe(error: BaseException) -> str:
    """An exception in a line: its text, or its type when it has none."""
    return str(error) or type(error).__name__
