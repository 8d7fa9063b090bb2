"""The package's own gRPC services on a Unix socket that the node named. grpcio comes from the package's environment."""

from __future__ import annotations

import base64
import importlib
import inspect
import sys
from typing import Any, Optional

from .modules import LoadError, describe

_MAX_MESSAGE_BYTES = 100 * 1024 * 1024
_MAX_THREADS = 32
# The node answers it itself, from the actions.
_ACTION_SERVICE = "pixell.agent.AgentService"
# How long calls in flight may go on is the node's business, which ends the process.
_GRACE_SECONDS = 24 * 3600.0


class GrpcSurface:
    """Services are registered before ``start``. Lives on the event loop. Without any nothing is imported, and nothing listens."""

    def __init__(self) -> None:
        self._registrar: Optional[_Registrar] = None
        self._given: Any = None

    @property
    def is_used(self) -> bool:
        return self._given is not None or (self._registrar is not None and bool(self._registrar.services))

    @property
    def server(self) -> Any:
        """A ``grpc.aio.Server`` on which services are registered; their methods may be async or not. Raises LoadError."""
        if self._registrar is None:
            self._registrar = _Registrar(_create_server())
        return self._registrar

    def adopt(self, found: Any) -> bool:
        """Takes what a service function returned: a servicer of generated code, several, or a server with services on it.
        False when it is none of these."""
        if isinstance(found, (list, tuple)):
            return bool(found) and all([self.adopt(each) for each in found])
        if callable(getattr(found, "add_generic_rpc_handlers", None)):
            self._given = None if found is self._registrar else found
            return True
        register = _find_registration(found)
        if register is None:
            return False
        register(found, self.server)
        return True

    def describe(self) -> dict[str, list[str]]:
        """For the ``ready`` frame."""
        services = sorted(self._registrar.services) if self._registrar is not None else []
        return {"services": services, "descriptors": _describe_files(services)}

    async def start(self, path: str) -> None:
        """Listens. Raises LoadError."""
        for server in self._servers():
            try:
                server.add_insecure_port(f"unix:{path}")
                started = server.start()
                if inspect.isawaitable(started):
                    await started
            except Exception as error:
                raise LoadError(f"the gRPC services cannot be served: {describe(error)}") from error

    async def stop(self) -> None:
        """Takes no new calls, lets those in flight end."""
        for server in self._servers():
            stopped = server.stop(_GRACE_SECONDS)
            if inspect.isawaitable(stopped):
                await stopped

    def _servers(self) -> list[Any]:
        if self._given is not None:
            return [self._given]
        return [] if self._registrar is None else [self._registrar.server]


class _Registrar:
    """The server as a package sees it; notes the names of the services."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.services: set[str] = set()

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        kept = [handler for handler in handlers if self._note(getattr(handler, "service_name", lambda: None)())]
        self.server.add_generic_rpc_handlers(tuple(kept))

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        add = getattr(self.server, "add_registered_method_handlers", None)
        if self._note(service) and add is not None:
            add(service, handlers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)

    def _note(self, service: Optional[str]) -> bool:
        if service == _ACTION_SERVICE:
            return False
        if service:
            self.services.add(service)
        return True


def wants_server(function: Any) -> bool:
    """True for a function that must be called with a server."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(each.kind in kinds and each.default is each.empty for each in parameters)


def _create_server() -> Any:
    try:
        grpc = importlib.import_module("grpc")
        importlib.import_module("grpc.aio")
    except BaseException as error:
        what = f'the package has gRPC services, and "grpc" cannot be imported: {describe(error)}'
        raise LoadError(f"{what}. Name grpcio in requirements.txt and deploy again") from error
    from concurrent.futures import ThreadPoolExecutor

    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ]
    return grpc.aio.server(migration_thread_pool=ThreadPoolExecutor(_MAX_THREADS, "grpc"), options=options)


def _find_registration(servicer: Any) -> Any:
    """``add_XServicer_to_server`` of the generated module whose ``XServicer`` the object derives from."""
    for base in type(servicer).__mro__:
        module = sys.modules.get(base.__module__)
        register = getattr(module, f"add_{base.__name__}_to_server", None)
        if callable(register):
            return register
    return None


def _describe_files(services: list[str]) -> list[str]:
    """The files that define the services, with all that they import: generated code has told protobuf of them."""
    pool_module = sys.modules.get("google.protobuf.descriptor_pool")
    if pool_module is None:
        return []
    files: dict[str, bytes] = {}
    for service in services:
        try:
            _add_file(pool_module.Default().FindFileContainingSymbol(service), files)
        except KeyError:
            continue
    return [base64.b64encode(content).decode() for content in files.values()]


def _add_file(file: Any, files: dict[str, bytes]) -> None:
    if file.name in files:
        return
    for needed in file.dependencies:
        _add_file(needed, files)
    files[file.name] = file.serialized_pb
