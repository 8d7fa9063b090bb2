"""A dict whose keys can be read as attributes."""

from __future__ import annotations

from typing import Any


class Facts(dict):
    """``facts["contextId"]``, ``facts.contextId`` and ``facts.context_id`` are the same; a missing attribute is None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self:
            return self[name]
        first, *rest = name.split("_")
        return self.get(first + "".join(word.capitalize() for word in rest))
