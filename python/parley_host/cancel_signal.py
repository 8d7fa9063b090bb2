"""How a handler learns that its call was cancelled."""

from __future__ import annotations

import threading
from typing import Optional

from .errors import Canceled


class CancelSignal(threading.Event):
    """Set when the call is cancelled; ``reason`` says why. Threads can ``wait(seconds)`` on it."""

    reason: Optional[Canceled] = None

    @property
    def aborted(self) -> bool:
        return self.is_set()

    def throw_if_aborted(self) -> None:
        if self.reason is not None:
            raise self.reason
