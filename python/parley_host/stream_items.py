"""What a handler yields, item by item."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Awaitable, Callable, Optional

from .outcome import is_failure

LOOK_AHEAD_SECONDS = 0.02
"""How long an item waits to learn whether it is the last one."""

Emit = Callable[[Any, bool, bool], Awaitable[Any]]


class _Closed(Exception):
    """Nobody takes items any more."""


class ItemChannel:
    """Hands items from one generator, which stays in its one task or thread, to one reader. It holds one item."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue(1)
        self._closed = False

    async def get(self) -> tuple[str, Any]:
        return await self._queue.get()

    def close(self) -> None:
        """Lets the generator end at its next item."""
        self._closed = True
        while not self._queue.empty():
            self._queue.get_nowait()

    async def put(self, kind: str, value: Any) -> None:
        if self._closed:
            raise _Closed
        await self._queue.put((kind, value))

    async def feed_async(self, items: Any) -> None:
        """Runs an async generator to its end, in the task that calls."""
        try:
            async for item in items:
                await self.put("item", item)
            await self.put("end", None)
        except _Closed:
            pass
        except (Exception, SystemExit) as error:
            await self._fail(error)
        finally:
            if hasattr(items, "aclose"):
                await items.aclose()

    def feed_sync(self, items: Any) -> None:
        """Runs a generator to its end, in the thread that calls."""
        try:
            value = self._feed_from(items)
            self._put_from_thread("end", value)
        except _Closed:
            items.close()
        except BaseException as error:
            self._put_from_thread("error", error)

    def _feed_from(self, items: Any) -> Any:
        while True:
            try:
                item = next(items)
            except StopIteration as end:
                return end.value
            self._put_from_thread("item", item)

    def _put_from_thread(self, kind: str, value: Any) -> None:
        asyncio.run_coroutine_threadsafe(self.put(kind, value), self._loop).result()

    async def _fail(self, error: BaseException) -> None:
        try:
            await self.put("error", error)
        except _Closed:
            pass


def is_stream(value: Any) -> bool:
    """True for what generator functions return, and for any async iterable."""
    return inspect.isgenerator(value) or hasattr(value, "__aiter__")


async def stream_items(channel: ItemChannel, feeder: asyncio.Future, emit: Emit) -> Any:
    """Hands each item to ``emit`` with (append, last_chunk), one after the other. When the stream ends later than a moment
    after its last item, an empty chunk closes it: items are never held back. An item ``{status: "error"}`` ends the
    stream. Returns what the generator returned, or the item that says it failed, when the generator has ended."""
    pending: Optional[asyncio.Future] = None
    try:
        append = last = False
        kind, value = await channel.get()
        while kind == "item" and not is_failure(value):
            pending = asyncio.ensure_future(channel.get())
            done, _ = await asyncio.wait({pending}, timeout=LOOK_AHEAD_SECONDS)
            last = bool(done) and pending.result()[0] == "end"
            await emit(value, append, last)
            append = True
            kind, value = await pending
        if kind == "error":
            raise value
        if kind == "end" and append and not last:
            await emit(None, append, True)
        return value
    finally:
        if pending is not None:
            pending.cancel()
        channel.close()
        await _end(feeder)


async def _end(feeder: asyncio.Future) -> None:
    """A task is stopped, a thread is waited for."""
    if isinstance(feeder, asyncio.Task):
        feeder.cancel()
    await asyncio.wait({feeder})
    if not feeder.cancelled():
        feeder.exception()
