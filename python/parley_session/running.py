"""Runs one piece of code in a namespace that stays."""

from __future__ import annotations

import linecache
import symtable
import traceback
from types import TracebackType
from typing import Any, Optional

_KEPT_SOURCES = 100
_LONGEST_ERROR = 64 * 1024


def run_code(code: str, number: int, namespace: dict[str, Any]) -> Optional[str]:
    """Runs the code as execution ``number``. None when it came to its end, else the traceback as text."""
    name = f"<execution {number}>"
    _remember_source(name, code, number)
    try:
        exec(compile(code, name, "exec", dont_inherit=True), namespace)
    except SystemExit as ending:
        return None if ending.code in (None, 0) else f"SystemExit: {ending.code}"
    except BaseException as error:
        return _format(error)
    return None


def assigned_names(code: str) -> set[str]:
    """Names that the code assigns at its top level; none when it does not compile."""
    try:
        table = symtable.symtable(code, "<code>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() and not symbol.is_imported()}


def _remember_source(name: str, code: str, number: int) -> None:
    """A traceback shows the lines of the code, of functions from earlier executions, too."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    linecache.cache.pop(f"<execution {number - _KEPT_SOURCES}>", None)


def _format(error: BaseException) -> str:
    frames = _below_this_file(error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, frames)).rstrip("\n")
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]}…"


def _below_this_file(frames: Optional[TracebackType]) -> Optional[TracebackType]:
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return frames
