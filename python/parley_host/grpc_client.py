"""Calls of methods of other agents' own gRPC services, through the node. grpcio and protobuf come from the package's environment."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Optional

from .errors import AgentCallError
from .grpc_methods import Method, find_method, read_method

if TYPE_CHECKING:
    from .call import Call

_MAX_MESSAGE_BYTES = 100 * 1024 * 1024
_lock = threading.Lock()
_channels: dict[str, Any] = {}


class MethodCall:
    """One call, blocking; used from threads. ``named`` is ``package.Service/Method``, found by the agent's reflection, or a
    ``MethodDescriptor`` of generated code."""

    def __init__(self, call: "Call", agent: str, input: Any, named: Any) -> None:
        self._call = call
        self._agent = agent
        self._input = input
        self._named = named

    def run(self) -> Any:
        """The message; an iterator of them when the method answers a stream. Raises AgentCallError."""
        self._call.signal.throw_if_aborted()
        method = read_method(self._named) or find_method(self._named, self._agent, self._exchange)
        if method.answers_stream:
            return self._stream(method)
        return next(self._exchange(method, self._input))

    def _stream(self, method: Method) -> "MessageStream":
        return MessageStream(self._exchange(method, self._input), self._call)

    def _exchange(self, method: Method, input: Any) -> Iterator[Any]:
        grpc = _import_grpc()
        kind = f"{'stream' if method.asks_stream else 'unary'}_{'stream' if method.answers_stream else 'unary'}"
        start = getattr(_channel(grpc), kind)(method.path, method.encode, method.decode)
        request = iter(input) if method.asks_stream else input
        options = {"metadata": self._metadata(), "timeout": self._seconds_left()}
        if method.answers_stream:
            rpc = start(request, **options)
            self._call.on_cancel(rpc.cancel)
            return self._read(grpc, lambda: rpc)
        rpc = start.future(request, **options)
        self._call.on_cancel(rpc.cancel)
        return self._read(grpc, lambda: [rpc.result()])

    def _read(self, grpc: Any, answers: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        try:
            yield from answers()
        except (grpc.RpcError, grpc.FutureCancelledError) as error:
            self._call.signal.throw_if_aborted()
            raise _failure(self._agent, error) from error

    def _metadata(self) -> list[tuple[str, str]]:
        frame = self._call.frame
        metadata = {
            "x-deployment-id": self._agent,
            "parley-call-token": frame["callToken"],
            "x-correlation-id": frame["correlationId"],
            "traceparent": frame.get("traceparent"),
            "authorization": f"Bearer {os.environ['PARLEY_TOKEN']}" if os.environ.get("PARLEY_TOKEN") else None,
        }
        return [(name, value) for name, value in metadata.items() if value]

    def _seconds_left(self) -> Optional[float]:
        at_ms = self._call.frame.get("deadlineAtMs")
        return None if at_ms is None else max(at_ms / 1000 - time.time(), 0.001)


class MessageStream:
    """What a method answers as a stream: to be iterated, with ``async for`` on the event loop."""

    def __init__(self, messages: Iterator[Any], call: "Call") -> None:
        self._messages = messages
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        return self._messages

    def __aiter__(self) -> "MessageStream":
        return self

    async def __anext__(self) -> Any:
        from .agent_client import call_threads

        found = await self._call.loop.run_in_executor(call_threads(), lambda: next(self._messages, _END))
        if found is _END:
            raise StopAsyncIteration
        return found


_END = object()


def _import_grpc() -> Any:
    try:
        import grpc
    except ImportError as error:
        message = "calls of gRPC methods need grpcio: name it in requirements.txt and deploy again"
        raise AgentCallError(message, "UNREACHABLE") from error
    return grpc


def _channel(grpc: Any) -> Any:
    """One for all calls of the process."""
    address = os.environ.get("PARLEY_GRPC_ADDRESS")
    if not address:
        message = "PARLEY_GRPC_ADDRESS is not set: the node has no gRPC port, or this is no worker that Parley started"
        raise AgentCallError(message, "UNREACHABLE")
    with _lock:
        if address not in _channels:
            limits = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
            _channels[address] = grpc.insecure_channel(address, [(name, _MAX_MESSAGE_BYTES) for name in limits])
        return _channels[address]


def _failure(agent: str, error: Any) -> AgentCallError:
    trailers = dict(error.trailing_metadata() or ()) if hasattr(error, "trailing_metadata") else {}
    status = error.code().name if hasattr(error, "code") and error.code() is not None else "UNKNOWN"
    details = error.details() if hasattr(error, "details") else str(error)
    return AgentCallError(details or f"agent {agent} answered {status}", trailers.get("parley-code", status))
