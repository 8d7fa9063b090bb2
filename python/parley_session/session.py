"""The session: its variables, and the frames by which the node drives it."""

from __future__ import annotations

import json
import os
import signal
import sys
import types
from typing import Any, Sequence

from .channel import Channel
from .meter import Meter
from .msgpack import UnpackError, unpack
from .portable import is_shown, pack_variables
from .running import assigned_names, run_code

_LONGEST_PROGRESS = 64 * 1024


class Refused(Exception):
    """The execution does not begin: what came with it is wrong."""


class Session:
    """One execution after the other, on the main thread, where a signal can interrupt it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._pid = os.getpid()
        self._folder = os.getcwd()
        self._running = False
        self._executions = 0
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self._variables: dict[str, Any] = main.__dict__
        self._variables["progress"] = self._progress

    def serve(self) -> None:
        """Until the node closes the channel."""
        signal.signal(signal.SIGINT, self._interrupt)
        self._channel.send({"type": "ready"})
        while True:
            arrived = self._channel.receive()
            if arrived is None:
                return
            frame, files = arrived
            if frame["type"] == "execute":
                self._answer_execute(frame, files)
            elif frame["type"] == "state":
                shown = [item for item in list(self._variables.items()) if is_shown(*item)]
                self._send({"type": "state"}, pack_variables(shown, frame["maxBytes"]))

    def _answer_execute(self, frame: dict[str, Any], files: Sequence[bytes]) -> None:
        try:
            self._take_inputs(frame["parts"], files)
        except (Refused, OSError) as error:
            self._channel.send({"type": "refused", "message": str(error)})
            return
        before = dict(self._variables)
        meter = Meter()
        error = self._run(frame["code"])
        cost = meter.read()
        self._end_output(frame["marker"])
        outcome = {"type": "done", "success": error is None, **({} if error is None else {"error": error}), **cost}
        self._send(outcome, pack_variables(self._results(frame["code"], before), frame["maxBytes"]))

    def _run(self, code: str) -> Any:
        self._executions += 1
        # A signal between two executions has nothing to interrupt.
        self._running = True
        try:
            return run_code(code, self._executions, self._variables)
        except KeyboardInterrupt:
            return "KeyboardInterrupt"
        finally:
            self._running = False
            if os.getpid() != self._pid:
                # The code forked and its child came back here: it must not answer in the session's place.
                os._exit(0)
            signal.signal(signal.SIGINT, self._interrupt)

    def _results(self, code: str, before: dict[str, Any]) -> list[tuple[str, Any]]:
        assigned = assigned_names(code)
        nothing = object()
        return [
            (name, value)
            for name, value in list(self._variables.items())
            if is_shown(name, value) and (name in assigned or before.get(name, nothing) is not value)
        ]

    def _take_inputs(self, parts: Sequence[dict[str, Any]], files: Sequence[bytes]) -> None:
        context = {}
        paths = []
        for part, content in zip(parts, files):
            if "name" in part:
                context[_check_name(part["name"])] = _decode(part["name"], content)
            else:
                paths.append(_write_file(os.path.join(self._folder, f"file_{len(paths)}"), content))
        self._variables.update(context)
        if paths:
            self._variables["files"] = paths

    def _progress(self, value: Any = None) -> None:
        """Tells the caller how far the code is; a text as it is, anything else as JSON or, failing that, as its repr."""
        self._channel.send({"type": "progress", "text": _to_text(value)[:_LONGEST_PROGRESS]})

    def _send(self, frame: dict[str, Any], variables: dict[str, bytes]) -> None:
        parts = [{"name": name, "bytes": len(content)} for name, content in variables.items()]
        self._channel.send({**frame, "parts": parts}, list(variables.values()))

    def _interrupt(self, *_: Any) -> None:
        if self._running:
            raise KeyboardInterrupt

    def _end_output(self, marker: str) -> None:
        """Writes the marker behind all that the code has printed, so that the node knows when it has read all of it."""
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            try:
                stream.flush()
            except Exception:  # The code may have closed or replaced it.
                pass
            _write_all(number, marker.encode("ascii"))


def _check_name(name: str) -> str:
    if not name.isidentifier() or name.startswith("__"):
        raise Refused(f"context has the name {name!r}, which is no name for a variable")
    return name


def _decode(name: str, content: bytes) -> Any:
    try:
        return unpack(content)
    except UnpackError as error:
        raise Refused(f"context {name!r} is not MessagePack that can be read here: {error}") from error


def _write_file(path: str, content: bytes) -> str:
    with open(path, "wb") as file:
        file.write(content)
    return path


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def _write_all(number: int, content: bytes) -> None:
    try:
        while content:
            content = content[os.write(number, content) :]
    except OSError:
        pass
