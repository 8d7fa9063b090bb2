"""What of a session's variables leaves it, and in which form."""

from __future__ import annotations

import reprlib
import types
from typing import Any, Iterable

from .msgpack import MAX_DEPTH, PackError, pack

_SIMPLE = (type(None), bool, float, bytes, bytearray, memoryview)
_HIDDEN = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 1000
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxfrozenset = _short.maxdict = 20
_short.maxlong = 100


def is_shown(name: str, value: Any) -> bool:
    """True for what counts as a variable: no name that begins with an underscore, no module, function or class."""
    return not name.startswith("_") and not isinstance(value, _HIDDEN)


def pack_variables(variables: Iterable[tuple[str, Any]], limit: int) -> dict[str, bytes]:
    """Each variable in MessagePack, all together at most about ``limit`` bytes; what goes beyond is described instead."""
    packed = {}
    left = limit
    for name, value in variables:
        packed[name] = _pack_one(value, left)
        left = max(0, left - len(packed[name]))
    return packed


def _pack_one(value: Any, limit: int) -> bytes:
    try:
        return pack(to_portable(value), limit)
    except (PackError, RecursionError, MemoryError):
        return pack(describe(value))


def to_portable(value: Any, depth: int = 0) -> Any:
    """The value with everything in it that MessagePack has no form for described instead."""
    if depth > MAX_DEPTH:
        raise PackError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else describe(value)
    if isinstance(value, str):
        return value if _is_unicode(value) else describe(value)
    if isinstance(value, dict):
        return {_to_key(key): to_portable(item, depth + 1) for key, item in list(value.items())}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_portable(item, depth + 1) for item in list(value)]
    return _from_array(value, depth)


def describe(value: Any) -> dict[str, str]:
    """What stands for a value that cannot be packed: its type and a short form of its repr."""
    kind = type(value)
    try:
        text = _short.repr(value)
    except Exception:  # A repr is the package's own code, and may fail like any other.
        text = f"<{kind.__name__} without a repr>"
    return {"__type__": f"{kind.__module__}.{kind.__qualname__}", "__repr__": text.encode("utf-8", "replace").decode()}


def _from_array(value: Any, depth: int) -> Any:
    """Arrays and numbers of numpy have ``tolist``; everything else is described."""
    if callable(getattr(type(value), "tolist", None)):
        try:
            plain = value.tolist()
        except Exception:  # As above.
            return describe(value)
        if type(plain) is not type(value):
            return to_portable(plain, depth + 1)
    return describe(value)


def _to_key(key: Any) -> Any:
    if isinstance(key, (int, float, bytes, type(None))) or (isinstance(key, str) and _is_unicode(key)):
        return key
    return describe(key)["__repr__"]


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
