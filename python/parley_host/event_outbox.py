"""The events of one call on their way out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Callable, Optional


class EventOutbox:
    """Sends in order, as far as the node's credit goes. A frame leaves when any credit is left, so one that is longer than
    the whole credit still gets through; what it takes beyond is owed. Used on the event loop only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], None], credit: int) -> None:
        self._loop = loop
        self._send = send
        self._credit = credit
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._closed: Optional[BaseException] = None

    def push(self, frame: bytes) -> asyncio.Future[None]:
        """Done when the frame has left; fails when the call was cancelled before."""
        sent = self._loop.create_future()
        if self._closed is not None:
            fail_quietly(sent, self._closed)
        elif self._credit > 0 and not self._waiting:
            self._spend(frame, sent)
        else:
            self._waiting.append((frame, sent))
        return sent

    def add_credit(self, count: int) -> None:
        """Sends what may go now."""
        self._credit += count
        while self._credit > 0 and self._waiting:
            self._spend(*self._waiting.popleft())

    async def drained(self) -> None:
        """Returns when all that was pushed so far has left or was dropped."""
        if self._waiting:
            await asyncio.wait({self._waiting[-1][1]})

    def close(self, reason: BaseException) -> None:
        """What waits is dropped, its futures fail, and so does every later push."""
        self._closed = reason
        while self._waiting:
            fail_quietly(self._waiting.popleft()[1], reason)

    def _spend(self, frame: bytes, sent: asyncio.Future[None]) -> None:
        self._credit -= len(frame)
        self._send(frame)
        if not sent.done():
            sent.set_result(None)


def fail_quietly(future: asyncio.Future, reason: BaseException) -> None:
    """Fails the future; nobody is warned when it is never awaited."""
    if not future.done():
        future.set_exception(reason)
        future.exception()
