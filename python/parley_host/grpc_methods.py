"""Methods of gRPC services: from descriptors of generated code, or from what an agent's reflection says."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Iterator, Optional

from .errors import AgentCallError

_REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
# What is known is asked for again after so long: the agent may be another version by then.
_KEPT_SECONDS = 30.0
_lock = threading.Lock()
_known: dict[tuple[str, str], tuple[float, Any]] = {}


class Method:
    """How a method is called, and how its messages are written and read."""

    def __init__(
        self,
        path: str,
        streams: tuple[bool, bool],
        encode: Callable[[Any], bytes],
        decode: Callable[[bytes], Any],
    ) -> None:
        self.path = path
        self.asks_stream, self.answers_stream = streams
        self.encode = encode
        self.decode = decode


def read_method(named: Any) -> Optional[Method]:
    """From a ``MethodDescriptor``: messages are of the generated classes, or dicts when they are sent. None for a name."""
    if isinstance(named, str):
        return None
    from google.protobuf import message_factory

    answer = message_factory.GetMessageClass(named.output_type)
    return _create_method(named, answer.FromString)


def find_method(name: str, agent: str, exchange: Callable[[Method, Any], Iterator[Any]]) -> Method:
    """By ``package.Service/Method``: messages are dicts. Raises AgentCallError."""
    service, _, method = name.lstrip("/").partition("/")
    descriptor = _describe(agent, service, exchange).methods_by_name.get(method)
    if descriptor is None:
        raise AgentCallError(f"agent {agent} has no method {name}", "METHOD_NOT_FOUND")
    from google.protobuf import json_format, message_factory

    answer = message_factory.GetMessageClass(descriptor.output_type)

    def decode(content: bytes) -> dict[str, Any]:
        return json_format.MessageToDict(answer.FromString(content), preserving_proto_field_name=True)

    return _create_method(descriptor, decode)


def _create_method(descriptor: Any, decode: Callable[[bytes], Any]) -> Method:
    from google.protobuf import descriptor_pb2, json_format, message_factory

    request = message_factory.GetMessageClass(descriptor.input_type)

    def encode(value: Any) -> bytes:
        message = json_format.ParseDict(value or {}, request()) if value is None or isinstance(value, dict) else value
        return message.SerializeToString()

    shape = descriptor_pb2.MethodDescriptorProto()
    descriptor.CopyToProto(shape)
    path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    return Method(path, (shape.client_streaming, shape.server_streaming), encode, decode)


def _describe(agent: str, service: str, exchange: Callable[[Method, Any], Iterator[Any]]) -> Any:
    key = (agent, service)
    with _lock:
        read_at, known = _known.get(key, (0.0, None))
    if known is not None and time.monotonic() - read_at < _KEPT_SECONDS:
        return known
    known = _ask(agent, service, exchange)
    with _lock:
        _known[key] = (time.monotonic(), known)
    return known


def _ask(agent: str, service: str, exchange: Callable[[Method, Any], Iterator[Any]]) -> Any:
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool
    except ImportError as error:
        message = "a method is found by reflection with protobuf: name it in requirements.txt, or give the method's descriptor"
        raise AgentCallError(message, "UNREACHABLE") from error
    question = Method(_REFLECTION, (True, True), lambda symbol: _field(4, symbol.encode()), _read_files)
    files = next(exchange(question, [service]), [])
    # A pool of its own: two agents may have different files of one name.
    pool = descriptor_pool.DescriptorPool()
    _add_files(pool, {file.name: file for file in map(descriptor_pb2.FileDescriptorProto.FromString, files)})
    try:
        return pool.FindServiceByName(service)
    except KeyError:
        raise AgentCallError(f"agent {agent} has no service {service}", "METHOD_NOT_FOUND") from None


def _add_files(pool: Any, files: dict[str, Any]) -> None:
    """Each behind those that it needs."""
    added: set[str] = set()

    def add(name: str) -> None:
        if name in added or name not in files:
            return
        added.add(name)
        for needed in files[name].dependency:
            add(needed)
        pool.AddSerializedFile(files[name].SerializeToString())

    for name in files:
        add(name)


def _field(number: int, content: bytes) -> bytes:
    """A field of a length, as protobuf writes it."""
    length, head = len(content), [number << 3 | 2]
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*head, length]) + content


def _read_files(answer: bytes) -> list[bytes]:
    """The files in a reflection's answer: field 1 of its field 4."""
    return [file for inner in _fields(answer, 4) for file in _fields(inner, 1)]


def _fields(content: bytes, wanted: int) -> Iterator[bytes]:
    at = 0

    def read() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        tag, length = read(), read()
        if tag & 7 != 2:
            continue
        if tag >> 3 == wanted:
            yield content[at : at + length]
        at += length
