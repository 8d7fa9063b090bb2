"""What a gRPC servicer is called with beside the request."""

from __future__ import annotations

from typing import Any, Callable


class ServicerContext:
    """What of gRPC's ServicerContext a servicer may use here. ``failure``: the details it set with a code other than OK."""

    def __init__(self, context: Any = None) -> None:
        self.failure: Any = None
        self._context = context
        self._code: Any = None
        self._details = ""

    def set_code(self, code: Any) -> None:
        self._code = code
        self._note()

    def set_details(self, details: str) -> None:
        self._details = details
        self._note()

    def abort(self, code: Any, details: str = "") -> None:
        """Ends the call, also when it is awaited: it raises at once."""
        raise RuntimeError(details or str(code))

    def code(self) -> Any:
        return self._code

    def details(self) -> str:
        return self._details

    def invocation_metadata(self) -> tuple:
        return ()

    def set_trailing_metadata(self, metadata: Any) -> None:
        """There is nobody to send it to."""

    async def send_initial_metadata(self, metadata: Any) -> None:
        """There is nobody to send it to."""

    def peer(self) -> str:
        return "unix:"

    def is_active(self) -> bool:
        return not self.cancelled()

    def cancelled(self) -> bool:
        return self._context is not None and self._context.cancelled

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """The call's end is not told; whoever waits for it asks is_active."""
        return self.is_active()

    def time_remaining(self) -> None:
        """None: the node watches the deadline."""

    def _note(self) -> None:
        ok = self._code is None or self._code == 0 or getattr(self._code, "name", "") == "OK"
        self.failure = None if ok else self._details or str(self._code)
