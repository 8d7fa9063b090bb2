"""The package's own HTTP: ``rest.entry`` at the root and ``a2a.http_server`` below ``/a2a``, on a Unix socket that the node
named. fastapi and uvicorn come from the package's environment."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import os
import socket
import sys
import traceback
from typing import Any, Optional

from .lifespan import Lifespan
from .modules import LoadError, call_named, describe, import_module

A2A_PREFIX = "/a2a"
KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048
_NOT_FOUND = [(b"content-type", b"application/json")]


class HttpSurface:
    """Lives on the event loop, from ``start`` to ``stop``. Itself an ASGI application that hands requests on."""

    def __init__(self, root: Any, a2a: Any) -> None:
        self._root = root
        self._a2a = a2a
        self._lifespans = {id(app): Lifespan(app) for app in (root, a2a) if app is not None}
        self._server: Any = None
        self._serving: Optional[asyncio.Future[None]] = None

    async def start(self, path: str) -> None:
        """Starts the applications, then listens. Raises LoadError."""
        uvicorn = _import_library("uvicorn")
        for lifespan in self._lifespans.values():
            try:
                await lifespan.start()
            except Exception as error:
                raise LoadError(f"the HTTP application cannot start: {describe(error)}") from error
        config = uvicorn.Config(
            self,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            # Nobody but the node can connect.
            proxy_headers=True,
            forwarded_allow_ips="*",
        )
        self._server = uvicorn.Server(config)
        # Signals are the worker's business; the names are of older and newer versions.
        self._server.install_signal_handlers = lambda: None
        self._server.capture_signals = contextlib.nullcontext
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[_bind(path)]))
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
                raise LoadError("uvicorn ended before it listened")
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Listens no more, lets requests in flight end, then stops the applications. How long that may take is the node's business."""
        self._server.should_exit = True
        await asyncio.wait({self._serving})
        for lifespan in self._lifespans.values():
            try:
                await lifespan.stop()
            except Exception as error:
                trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                print(f"the HTTP application did not stop in order: {trace}", file=sys.stderr, flush=True)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"]
        below_a2a = path == A2A_PREFIX or path.startswith(f"{A2A_PREFIX}/")
        if self._a2a is not None and below_a2a:
            await self._hand_on(self._a2a, _below(scope, A2A_PREFIX), receive, send)
        elif self._root is not None:
            await self._hand_on(self._root, scope, receive, send)
        else:
            await _refuse(scope, receive, send)

    async def _hand_on(self, app: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
        state = self._lifespans[id(app)].state
        await app({**scope, "state": dict(state)}, receive, send)


async def load_http(names: dict[str, Any], title: str) -> tuple[Optional[HttpSurface], Any]:
    """The HTTP surface that ``rest`` of an ``init`` frame describes, and the service when ``a2a`` gave one instead of an
    application. Raises LoadError, which says what to change."""
    root, a2a, service = None, None, None
    if "mount" in names:
        root = await _mount(names["mount"], title)
    if "a2a" in names:
        found = await call_named(names["a2a"])
        if is_asgi(found):
            a2a = found
        else:
            service = found
    surface = HttpSurface(root, a2a) if root is not None or a2a is not None else None
    return surface, service


def is_asgi(found: Any) -> bool:
    """True for what can be called as an ASGI application: ``app(scope, receive, send)``."""
    if not callable(found) or inspect.isclass(found):
        return False
    try:
        inspect.signature(found).bind({}, None, None)
    except (TypeError, ValueError):
        return False
    return True


async def _mount(names: dict[str, str], title: str) -> Any:
    import_module(names["module"])
    app = _import_library("fastapi").FastAPI(title=title)
    await call_named(names, app)
    return app


def _import_library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except BaseException as error:
        what = f'the package serves HTTP, and "{name}" cannot be imported: {describe(error)}'
        raise LoadError(f"{what}. Name {name} in requirements.txt and deploy again") from error


def _bind(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o077)
        try:
            sock.bind(path)
        finally:
            os.umask(before)
    except OSError as error:
        sock.close()
        raise LoadError(f"the socket {path} cannot be listened on: {describe(error)}") from error
    sock.setblocking(False)
    sock.listen(BACKLOG)
    return sock


def _below(scope: dict[str, Any], prefix: str) -> dict[str, Any]:
    raw_path = scope.get("raw_path")
    return {
        **scope,
        "root_path": scope.get("root_path", "") + prefix,
        "path": scope["path"][len(prefix) :] or "/",
        "raw_path": None if raw_path is None else raw_path[len(prefix) :] or b"/",
    }


async def _refuse(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
        return
    await send({"type": "http.response.start", "status": 404, "headers": _NOT_FOUND})
    await send({"type": "http.response.body", "body": b'{"detail":"Not Found"}'})
