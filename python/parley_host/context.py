"""The second argument of a handler."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Optional, Union

from .cancel_signal import CancelSignal
from .event_outbox import fail_quietly
from .facts import Facts
from .parts import WireParts

if TYPE_CHECKING:
    from .call import Call


class Context:
    """What a handler can know and do. Its methods are awaited in async handlers and called in others, where they block."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self._loop_thread = threading.get_ident()
        self._artifacts = _ArtifactIds()
        self._calls_made = 0
        self.log = Log(self)

    @property
    def task(self) -> Optional[Facts]:
        """id, context_id, message_id, metadata; None when the call promises nothing after a crash."""
        task = self._call.frame.get("task")
        return None if task is None else Facts(task)

    @property
    def caller(self) -> Facts:
        """id, roles, and path: the agents from the first to the direct caller."""
        return Facts(self._call.frame["caller"])

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The caller's parts as they came."""
        return self._call.parts

    @property
    def signal(self) -> CancelSignal:
        """Set when the call is cancelled."""
        return self._call.signal

    @property
    def cancelled(self) -> bool:
        """True when the call is cancelled: long loops in sync handlers look at it."""
        return self._call.signal.is_set()

    @property
    def deadline(self) -> Optional[float]:
        """Seconds since the epoch, as time.time() has them."""
        at_ms = self._call.frame.get("deadlineAtMs")
        return None if at_ms is None else at_ms / 1000

    @property
    def invocation_id(self) -> str:
        """The same when a call is handed out again after a crash."""
        return self._call.frame["call"]

    @property
    def correlation_id(self) -> str:
        return self._call.frame["correlationId"]

    @property
    def traceparent(self) -> Optional[str]:
        return self._call.frame.get("traceparent")

    def status(self, value: Any) -> Awaitable[None]:
        """Tells the caller how it goes: text, data, or ``{parts}``."""
        return self._on_loop(lambda: self._call.emit({"kind": "status"}, WireParts().add_value(value)))

    def artifact(
        self,
        name: Optional[str] = None,
        *,
        description: Optional[str] = None,
        artifact_id: Optional[str] = None,
        append: bool = False,
        last_chunk: Optional[bool] = None,
        metadata: Optional[dict[str, Any]] = None,
        parts: Any = (),
        **content: Any,
    ) -> Union[str, Awaitable[str]]:
        """Sends an artifact, or a chunk of one, and gives its id. ``content``: text, data, bytes, url, with media_type and
        filename. Without ``artifact_id`` a chunk that appends goes to the artifact of the same name, or else to the latest."""
        identity = self._artifacts.choose(artifact_id, name, append)
        optional = {"name": name, "description": description, "metadata": metadata}
        event = {
            "kind": "artifact",
            "artifactId": identity,
            **{key: value for key, value in optional.items() if value is not None},
            "append": append,
            "lastChunk": not append if last_chunk is None else last_chunk,
        }
        chunk = _content_parts(content).add_parts(parts)
        sent = self._on_loop(lambda: self._call.emit(event, chunk))
        return identity if sent is None else _then_give(sent, identity)

    def ask(self, question: Any, state: str = "input-required") -> Awaitable[Facts]:
        """Asks the caller and waits for the answer: text, data, files, parts, message_id."""
        return self._on_loop(lambda: self._call.ask(question, state))

    def call(self, agent: str, input: Any = None, *, grpc: Any = None, **options: Any) -> Awaitable[Any]:
        """Calls another agent and waits for it: state, text, data, files, artifacts, task. Raises AgentCallError.
        ``options``: skill, task_id, context_id, metadata. ``grpc`` calls a method of the agent's own service instead: its name,
        ``package.Service/Method``, with dicts as messages, or a ``MethodDescriptor`` of generated code."""
        from .agent_client import AgentCall, call_agent, call_threads

        self._calls_made += 1
        if grpc is not None:
            from .grpc_client import MethodCall

            method_call = MethodCall(self._call, agent, input, grpc)
            if not self._is_on_loop():
                return method_call.run()
            return self._call.loop.run_in_executor(call_threads(), method_call.run)
        key = f"{self._call.frame['call']}:{self._calls_made}"
        agent_call = AgentCall(self._call, agent, input, options, key)
        if not self._is_on_loop():
            return call_agent(agent_call)  # type: ignore[return-value]
        return self._call.loop.run_in_executor(call_threads(), call_agent, agent_call)

    def _is_on_loop(self) -> bool:
        return threading.get_ident() == self._loop_thread

    def _on_loop(self, start: Callable[[], "asyncio.Future[Any]"]) -> Any:
        """Starts at once: what an async handler gets back may be awaited or not."""
        if self._is_on_loop():
            return start()

        async def run() -> Any:
            return await start()

        return asyncio.run_coroutine_threadsafe(run(), self._call.loop).result()

    def _write_log(self, level: str, message: str) -> None:
        if self._is_on_loop():
            self._call.log(level, message)
        else:
            self._call.loop.call_soon_threadsafe(self._call.log, level, message)


class Log:
    """Lines in the deployment's log: ``log.info("%d rows", count)``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def debug(self, message: Any, *values: Any) -> None:
        self._write("debug", message, values)

    def info(self, message: Any, *values: Any) -> None:
        self._write("info", message, values)

    def warn(self, message: Any, *values: Any) -> None:
        self._write("warn", message, values)

    warning = warn

    def error(self, message: Any, *values: Any) -> None:
        self._write("error", message, values)

    def _write(self, level: str, message: Any, values: tuple[Any, ...]) -> None:
        self._context._write_log(level, str(message) % values if values else str(message))


class _ArtifactIds:
    """Numbers the artifacts of a call, so that a call that is dispatched again after a crash makes the same ones."""

    def __init__(self) -> None:
        self._count = 0
        self._latest = "artifact-1"
        self._named: dict[str, str] = {}

    def choose(self, artifact_id: Optional[str], name: Optional[str], append: bool) -> str:
        if artifact_id is None and append:
            artifact_id = self._named.get(name or "", self._latest)
        elif artifact_id is None:
            self._count += 1
            artifact_id = f"artifact-{self._count}"
        self._latest = artifact_id
        if name is not None:
            self._named[name] = artifact_id
        return artifact_id


def _content_parts(content: dict[str, Any]) -> WireParts:
    names = {key: content.pop(key, None) for key in ("media_type", "mediaType", "filename")}
    unknown = set(content) - {"text", "data", "bytes", "url"}
    if unknown:
        raise TypeError(f"an artifact has no {', '.join(sorted(unknown))}")
    result = WireParts()
    for kind, value in content.items():
        if value is not None:
            result.add_part({kind: value, **names})
    return result


def _then_give(sent: "asyncio.Future[None]", value: str) -> "asyncio.Future[str]":
    given = sent.get_loop().create_future()

    def settle(_: "asyncio.Future[None]") -> None:
        error = sent.exception()
        if error is not None:
            fail_quietly(given, error)
        elif not given.done():
            given.set_result(value)

    sent.add_done_callback(settle)
    return given
