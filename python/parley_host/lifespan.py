"""Start and stop of an ASGI application, as the lifespan part of ASGI has it."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

Message = dict[str, Any]


class Lifespan:
    """Lives on the event loop. An application that knows no lifespan is simply there. ``state`` goes into each request's scope."""

    def __init__(self, app: Any) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._orders: asyncio.Queue[Message] = asyncio.Queue()
        self._answer: Optional[asyncio.Future[Message]] = None
        self._task: Optional[asyncio.Future[None]] = None

    async def start(self) -> None:
        """Returns when the application has started; raises what it failed with."""
        self._task = asyncio.ensure_future(self._run())
        await self._order("startup")

    async def stop(self) -> None:
        """Returns when the application has ended its work; raises what it failed with."""
        if self._task is not None and not self._task.done():
            await self._order("shutdown")

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._orders.get, self._send)

    async def _send(self, message: Message) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)

    async def _order(self, name: str) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self._orders.put_nowait({"type": f"lifespan.{name}"})
        await asyncio.wait({self._answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            # It raised or returned instead of an answer: it does not know the question.
            if not self._task.cancelled():
                self._task.exception()
            return
        answer = self._answer.result()
        if answer["type"] == f"lifespan.{name}.failed":
            raise RuntimeError(answer.get("message") or f"its {name} failed")
