"""Finds the package's code by the names that the node gives."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Callable


class LoadError(Exception):
    """Code of the package can't be loaded; the message names it and says what to change."""


def import_module(name: str) -> Any:
    """A module by its dotted name or its path. Raises LoadError."""
    path = name[:-3] if name.endswith(".py") else name
    try:
        return importlib.import_module(path.replace("/", "."))
    except BaseException as error:
        hint = "; what a package needs belongs into its requirements.txt" if _is_foreign(error, path) else ""
        raise LoadError(f'module "{name}" cannot be imported: {describe(error)}{hint}') from error


def find(module: Any, name: str) -> Callable[..., Any]:
    """A function or class of the module. Raises LoadError, which lists what there is."""
    found = look_up(module, name)
    if callable(found):
        return found
    functions = {key: value for key, value in vars(module).items() if inspect.isroutine(value)}
    names = [key for key, value in functions.items() if value.__module__ == module.__name__]
    raise LoadError(f'module "{module.__name__}" has no function "{name}"; it has {", ".join(names) or "no function"}')


def look_up(module: Any, name: str) -> Any:
    """What a dotted name in the module stands for; None when there is nothing."""
    found = module
    for step in name.split("."):
        found = getattr(found, step, None)
    return found


async def call_named(names: dict[str, str], *arguments: Any) -> Any:
    """What the function ``{module, name}`` returns, awaited if need be. Raises LoadError."""
    function = find(import_module(names["module"]), names["name"])
    try:
        result = function(*arguments)
        return await result if inspect.isawaitable(result) else result
    except LoadError:
        raise
    except BaseException as error:
        raise LoadError(f'"{names["module"]}:{names["name"]}" failed: {describe(error)}') from error


def _is_foreign(error: BaseException, path: str) -> bool:
    """True when a module is missing that another one of the package wants."""
    return isinstance(error, ModuleNotFoundError) and error.name != path.replace("/", ".")


def describe(error: BaseException) -> str:
    """An exception in a line: its text, or its type when it has none."""
    return str(error) or type(error).__name__
