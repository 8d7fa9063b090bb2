"""One call of a handler, from ``invoke`` to ``result`` or ``error``."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence

from .cancel_signal import CancelSignal
from .context import Context
from .errors import Canceled
from .event_outbox import EventOutbox, fail_quietly
from .facts import Facts
from .frame_codec import Frame, encode_frame
from .limit_text import limit_text
from .outcome import outcome_of
from .parts import WireParts, read_parts, summarize_parts
from .stream_items import ItemChannel, is_stream, stream_items

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from .connection import Connection
    from .handler import Handler


class CallTools:
    """What all calls of a worker share. ``threads`` runs what is not async."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: "Connection", max_frame_bytes: int) -> None:
        self.loop = loop
        self.connection = connection
        self.max_frame_bytes = max_frame_bytes
        self.threads: Callable[[], "ThreadPoolExecutor"]


class Call:
    """Lives on the event loop; only the handler may be in a thread."""

    def __init__(self, frame: Frame, files: Sequence[bytes], tools: CallTools) -> None:
        self.frame = frame
        self.parts = read_parts(frame["parts"], files)
        self.signal = CancelSignal()
        self.loop = tools.loop
        self._tools = tools
        self._outbox = EventOutbox(tools.loop, tools.connection.send_bytes, frame["credit"])
        self._answers: deque[Facts] = deque()
        self._questions: deque[asyncio.Future[Facts]] = deque()
        self._on_cancel: list[Callable[[], None]] = []
        self._work: Optional[asyncio.Task[bytes]] = None
        self._thread: Optional["Future[Any]"] = None

    async def run(self, handler: "Handler") -> None:
        """Runs the handler and sends how it ended, after the events that it sent. Never raises."""
        self._work = asyncio.ensure_future(self._perform(handler))
        if self.signal.reason is not None:
            self._work.cancel()
        await asyncio.wait({self._work})
        last = self._last_frame(self._work)
        await self._outbox.drained()
        self._outbox.close(RuntimeError("the call is over"))
        reason = self.signal.reason
        self._tools.connection.send_bytes(last if reason is None else self._error("CANCELED", reason))

    def emit(self, event: dict[str, Any], content: WireParts) -> asyncio.Future[None]:
        """Sends an event as soon as there is credit for it."""
        event["parts"] = content.parts
        return self._outbox.push(self._encode({"type": "event", "event": event}, content.files))

    def ask(self, question: Any, state: str) -> asyncio.Future[Facts]:
        """The next answer of the caller. One that was recorded before a crash is taken without asking again."""
        answer = self.loop.create_future()
        if self.signal.reason is not None:
            fail_quietly(answer, self.signal.reason)
        elif self._answers:
            answer.set_result(self._answers.popleft())
        else:
            self.emit({"kind": "ask", "state": state}, WireParts().add_value(question))
            self._questions.append(answer)
        return answer

    def take_answer(self, frame: Frame, files: Sequence[bytes]) -> None:
        parts = read_parts(frame["parts"], files)
        answer = Facts(summarize_parts(parts), messageId=frame["messageId"], parts=parts)
        while self._questions:
            question = self._questions.popleft()
            if not question.done():
                question.set_result(answer)
                return
        self._answers.append(answer)

    def add_credit(self, count: int) -> None:
        self._outbox.add_credit(count)

    def cancel(self, code: str, message: str) -> None:
        """Tells the handler to stop; what it still sends or returns is dropped. A thread can't be stopped from outside: its
        next use of the context raises Canceled."""
        if self.signal.reason is not None:
            return
        self.signal.reason = reason = Canceled(message, code)
        self.signal.set()
        self._outbox.close(reason)
        while self._questions:
            fail_quietly(self._questions.popleft(), reason)
        for callback in self._on_cancel:
            callback()
        running_in_thread = self._thread is not None and not self._thread.cancel() and not self._thread.done()
        if self._work is not None and not running_in_thread:
            self._work.cancel()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Calls back, on the event loop, when the call is cancelled."""
        self._on_cancel.append(callback)

    def log(self, level: str, message: str) -> None:
        line = {"type": "log", "level": level, "message": limit_text(message), "call": self.frame["call"]}
        self._tools.connection.send(line)

    async def _perform(self, handler: "Handler") -> bytes:
        """The frame that ends the call."""
        try:
            value = await self._call(handler)
            if is_stream(value):
                value = await self._stream(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise RuntimeError(f"the handler ended with {type(error).__name__} {error}".rstrip()) from error
        fields, files = outcome_of(value)
        return self._encode({"type": "result", **fields}, files)

    async def _call(self, handler: "Handler") -> Any:
        invoke = handler.bind(self.parts, self.frame["skill"], Context(self))
        value = invoke() if handler.is_async else await self._in_thread(invoke)
        return await value if inspect.isawaitable(value) else value

    def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        self._thread = self._tools.threads().submit(function, *arguments)
        return asyncio.wrap_future(self._thread)

    def _stream(self, items: Any) -> Any:
        channel = ItemChannel(self.loop)
        if inspect.isgenerator(items):
            feeder: asyncio.Future[Any] = self._in_thread(channel.feed_sync, items)
        else:
            feeder = asyncio.ensure_future(channel.feed_async(items))
        return stream_items(channel, feeder, self._emit_item)

    def _emit_item(self, item: Any, append: bool, last_chunk: bool) -> asyncio.Future[None]:
        event = {"kind": "artifact", "artifactId": "stream", "append": append, "lastChunk": last_chunk}
        return self.emit(event, WireParts().add_value(item))

    def _encode(self, frame: Frame, files: Sequence[bytes]) -> bytes:
        encoded = encode_frame({**frame, "call": self.frame["call"]}, files)
        limit = self._tools.max_frame_bytes
        if len(encoded) > limit:
            what = f"the agent sent {len(encoded)} bytes at once, over the limit of {limit}"
            raise ValueError(f"{what}: send artifacts in several chunks")
        return encoded

    def _last_frame(self, work: asyncio.Task[bytes]) -> bytes:
        error = asyncio.CancelledError("the handler was cancelled") if work.cancelled() else work.exception()
        if error is None:
            return work.result()
        if self.signal.reason is None:
            self.log("error", "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        return self._error("AGENT_ERROR", error)

    def _error(self, code: str, error: BaseException) -> bytes:
        message = limit_text(str(error) or type(error).__name__)
        return encode_frame({"type": "error", "call": self.frame["call"], "code": code, "message": message})
