"""Calls to other agents: A2A 1.0 over HTTP+JSON, through the node. Blocking; used from threads."""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import quote, urlsplit

from .errors import AgentCallError
from .facts import Facts
from .frame_codec import to_json
from .parts import WireParts, summarize_parts

if TYPE_CHECKING:
    from .call import Call

_MAX_CALL_THREADS = 64
_FAILED_STATES = ("failed", "canceled", "rejected")

_idle: list[http.client.HTTPConnection] = []
_idle_lock = threading.Lock()


class AgentCall:
    """One call to another agent. ``key`` is the same when the invocation is dispatched again after a crash."""

    def __init__(self, call: "Call", agent: str, input: Any, options: dict[str, Any], key: str) -> None:
        unknown = set(options) - {"skill", "task_id", "context_id", "metadata"}
        if unknown:
            raise TypeError(f"call has no option {', '.join(sorted(unknown))}")
        self.signal = call.signal
        self.agent = agent
        self.path = f"/a2a/{quote(agent, safe='')}/message:send"
        self.headers = _headers(call.frame, key)
        self.body = json.dumps(_send_request(input, options, key), default=to_json).encode()
        self._connection: Optional[http.client.HTTPConnection] = None
        call.on_cancel(self._hang_up)

    def post(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        """Status and body. Hanging up makes it raise."""
        self._connection = connection
        try:
            self.signal.throw_if_aborted()
            connection.request("POST", self.path, self.body, self.headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            self._connection = None

    def _hang_up(self) -> None:
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                pass


@lru_cache(maxsize=1)
def call_threads() -> ThreadPoolExecutor:
    """The threads in which calls of async handlers wait."""
    return ThreadPoolExecutor(_MAX_CALL_THREADS, "call")


def call_agent(agent_call: AgentCall) -> Facts:
    """Sends the message, waits until the task is over or asks back."""
    agent_call.signal.throw_if_aborted()
    try:
        status, body = _post(agent_call)
    except (OSError, http.client.HTTPException) as error:
        agent_call.signal.throw_if_aborted()
        base = os.environ.get("PARLEY_URL")
        raise AgentCallError(f"the node at {base} cannot be reached: {error}", "UNREACHABLE") from error
    return _read_answer(agent_call.agent, status, body)


def _post(agent_call: AgentCall) -> tuple[int, bytes]:
    """A kept connection that the node has closed meanwhile is replaced once; the idempotency key makes that safe."""
    kept = _take_idle()
    if kept is not None:
        try:
            return _post_and_keep(agent_call, kept)
        except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest):
            agent_call.signal.throw_if_aborted()
    return _post_and_keep(agent_call, _connect())


def _post_and_keep(agent_call: AgentCall, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    try:
        answer = agent_call.post(connection)
    except BaseException:
        connection.close()
        raise
    with _idle_lock:
        _idle.append(connection)
    return answer


def _take_idle() -> Optional[http.client.HTTPConnection]:
    with _idle_lock:
        return _idle.pop() if _idle else None


def _connect() -> http.client.HTTPConnection:
    base = os.environ.get("PARLEY_URL")
    if not base:
        message = "PARLEY_URL is not set: calling agents works in a worker that Parley started"
        raise AgentCallError(message, "UNREACHABLE")
    url = urlsplit(base)
    return http.client.HTTPConnection(url.hostname or "", url.port or 80)


def _headers(invocation: dict[str, Any], key: str) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "a2a-version": "1.0",
        "idempotency-key": key,
        "parley-call-token": invocation["callToken"],
        "x-correlation-id": invocation["correlationId"],
    }
    if os.environ.get("PARLEY_TOKEN"):
        headers["authorization"] = f"Bearer {os.environ['PARLEY_TOKEN']}"
    if invocation.get("traceparent"):
        headers["traceparent"] = invocation["traceparent"]
    return headers


def _send_request(input: Any, options: dict[str, Any], key: str) -> dict[str, Any]:
    metadata = dict(options.get("metadata") or {})
    if options.get("skill") is not None:
        metadata["skill"] = options["skill"]
    message = {"messageId": key, "role": "ROLE_USER", "parts": _to_protocol(_wire_input(input))}
    optional = {"taskId": options.get("task_id"), "contextId": options.get("context_id"), "metadata": metadata or None}
    message.update({name: value for name, value in optional.items() if value is not None})
    return {"message": message, "configuration": {"returnImmediately": False}}


def _wire_input(value: Any) -> WireParts:
    if not isinstance(value, dict) or not isinstance(value.get("files"), (list, tuple)):
        return WireParts().add_value({} if value is None else value)
    arguments = {key: inner for key, inner in value.items() if key not in ("text", "files", "data")}
    content = WireParts()
    if value.get("text") is not None:
        content.add_part({"text": value["text"]})
    if value.get("data") is not None or arguments:
        content.add_part({"data": value["data"] if value.get("data") is not None else arguments})
    return content.add_parts(value["files"])


def _to_protocol(content: WireParts) -> list[dict[str, Any]]:
    files = iter(content.files)
    parts = []
    for part in content.parts:
        if "bytes" in part:
            part = {**part, "raw": base64.b64encode(next(files)).decode()}
            del part["bytes"]
        parts.append(part)
    return parts


def _from_protocol(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_read_part(part) for part in parts]


def _read_part(part: dict[str, Any]) -> dict[str, Any]:
    if "raw" not in part:
        return part
    rest = {key: value for key, value in part.items() if key != "raw"}
    return {**rest, "bytes": base64.b64decode(part["raw"])}


def _read_answer(agent: str, status: int, body: bytes) -> Facts:
    try:
        answer = json.loads(body)
    except ValueError as error:
        message = f"agent {agent} answered {status} with something that is not JSON"
        raise AgentCallError(message, "INVALID_AGENT_RESPONSE") from error
    if status >= 400:
        raise _refusal(agent, status, answer.get("error") or {})
    if "message" in answer:
        said = summarize_parts(_from_protocol(answer["message"]["parts"]))
        return Facts(said, state="completed", artifacts=[], task=None)
    return _read_task(agent, answer["task"])


def _refusal(agent: str, status: int, error: dict[str, Any]) -> AgentCallError:
    reasons = [detail["reason"] for detail in error.get("details") or () if detail.get("reason")]
    code = reasons[0] if reasons else error.get("status") or "INTERNAL"
    return AgentCallError(error.get("message") or f"agent {agent} answered {status}", code)


def _read_task(agent: str, task: dict[str, Any]) -> Facts:
    state = task["status"]["state"].replace("TASK_STATE_", "").lower().replace("_", "-")
    message = task["status"].get("message") or {}
    said = _from_protocol(message.get("parts") or [])
    if state in _FAILED_STATES:
        code = (message.get("metadata") or {}).get("code") or ("CANCELED" if state == "canceled" else "AGENT_ERROR")
        text = summarize_parts(said)["text"]
        raise AgentCallError(text or f"agent {agent} ended its task as {state}", code, task)
    artifacts = [_read_artifact(artifact) for artifact in task.get("artifacts") or ()]
    made = [part for artifact in artifacts for part in artifact["parts"]]
    parts = made if state == "completed" and made else said
    return Facts(summarize_parts(parts), state=state, artifacts=artifacts, task=task)


def _read_artifact(artifact: dict[str, Any]) -> dict[str, Any]:
    return {**artifact, "parts": _from_protocol(artifact.get("parts") or [])}
