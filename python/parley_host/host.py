"""The worker: loads what ``init`` names, serves calls, and ends when it is drained or the node is gone."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import traceback
from typing import TYPE_CHECKING, Any, Optional

from .call import Call, CallTools
from .connection import Connection
from .frame_codec import Frame
from .grpc_surface import GrpcSurface
from .handler import Handler
from .limit_text import limit_text
from .load_skills import load_skills
from .modules import LoadError
from .service import read_service

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from .http_surface import HttpSurface

PROTOCOL = 1
DEFAULT_MAX_FRAME_BYTES = 32 * 1024 * 1024
MAX_THREADS = 32


class Host:
    """Lives on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._exit_code: asyncio.Future[int] = loop.create_future()
        self._connection = Connection(loop, self._receive, self._on_close)
        self._tools = CallTools(loop, self._connection, DEFAULT_MAX_FRAME_BYTES)
        self._tools.threads = self._open_threads
        self._threads: Optional["ThreadPoolExecutor"] = None
        self._thread_count = 1
        self._handlers: dict[str, Handler] = {}
        self._any_action: Optional[Handler] = None
        self._calls: dict[str, Call] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._http: Optional["HttpSurface"] = None
        self._grpc = GrpcSurface()
        self._served: list[Any] = []
        self._stopping: Optional[asyncio.Future[Any]] = None
        self._draining = False
        self._failed = False

    async def serve(self, sock: socket.socket) -> int:
        """Returns the exit code when the worker is to end."""
        await self._loop.create_unix_connection(lambda: self._connection, sock=sock)
        return await self._exit_code

    def _receive(self, frame: Frame, files: list[bytes]) -> None:
        kind = frame["type"]
        call = self._calls.get(frame.get("call", ""))
        if kind == "invoke":
            self._invoke(frame, files)
        elif kind == "ping":
            self._connection.send({"type": "pong", "id": frame["id"]})
        elif kind == "drain":
            self._drain()
        elif kind == "init":
            self._start(self._load(frame))
        elif call is not None:
            _tell(call, frame, files)

    async def _load(self, init: Frame) -> None:
        try:
            if init["protocol"] != PROTOCOL:
                versions = f"version {PROTOCOL} of the worker protocol, the node version {init['protocol']}"
                raise LoadError(f"this host speaks {versions}")
            self._tools.max_frame_bytes = init.get("maxFrameBytes") or DEFAULT_MAX_FRAME_BYTES
            self._thread_count = min(max(init["concurrency"], 1), MAX_THREADS)
            self._handlers = await load_skills(init["skills"], self._grpc)
            if "rest" in init:
                await self._serve_http(init["rest"], init["agentId"])
            if "grpc" in init and self._grpc.is_used:
                await self._grpc.start(init["grpc"]["socket"])
                self._served.append(self._grpc)
            self._any_action = next((each for each in self._handlers.values() if each.answers_any_action), None)
            self._connection.send(self._ready())
        except Exception as error:
            cause = error.__cause__ or error
            trace = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
            self._connection.send({"type": "load-error", "message": limit_text(str(error)), "trace": limit_text(trace)})
            self._failed = True
            self._connection.close()

    def _ready(self) -> Frame:
        ready = {"type": "ready", "protocol": PROTOCOL, "skills": list(self._handlers)}
        if self._http is not None:
            ready["rest"] = True
        if self._grpc in self._served:
            ready["grpc"] = self._grpc.describe()
        return ready

    async def _serve_http(self, rest: dict[str, Any], title: str) -> None:
        from .http_surface import load_http

        surface, service = await load_http(rest, title)
        if service is not None:
            self._handlers.update(await read_service(service, "a2a.http_server", self._grpc))
        if surface is not None:
            await surface.start(rest["socket"])
            self._http = surface
            self._served.append(surface)

    def _invoke(self, frame: Frame, files: list[bytes]) -> None:
        handler = self._handlers.get(frame["skill"]) or self._any_action
        if handler is None:
            message = f'there is no skill "{frame["skill"]}"; there are {", ".join(self._handlers)}'
            refusal = {"type": "error", "call": frame["call"], "code": "SKILL_NOT_FOUND", "message": message}
            self._connection.send(refusal)
            return
        call = Call(frame, files, self._tools)
        self._calls[frame["call"]] = call
        self._start(self._run(call, handler))

    async def _run(self, call: Call, handler: Handler) -> None:
        await call.run(handler)
        del self._calls[call.frame["call"]]
        if self._draining:
            self._drain()

    def _start(self, work: Any) -> None:
        """The loop alone would let a running task be collected. It starts when all frames that came along are read."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _drain(self) -> None:
        self._draining = True
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop_surfaces())
            self._stopping.add_done_callback(lambda _: self._drain())
        elif not self._calls and self._stopping.done():
            self._connection.close()

    async def _stop_surfaces(self) -> None:
        await asyncio.gather(*(surface.stop() for surface in self._served))

    def _on_close(self, error: Optional[Exception]) -> None:
        if error is not None:
            print(f"the worker ends: the node sent something that is not a frame: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        if not self._exit_code.done():
            self._exit_code.set_result(1 if self._failed else 0)

    def _open_threads(self) -> "ThreadPoolExecutor":
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self._thread_count, "handler")
        return self._threads


def _tell(call: Call, frame: Frame, files: list[bytes]) -> None:
    if frame["type"] == "credit":
        call.add_credit(frame["bytes"])
    elif frame["type"] == "answer":
        call.take_answer(frame, files)
    elif frame["type"] == "cancel":
        call.cancel(frame["code"], frame["message"])
