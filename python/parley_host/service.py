"""What the function behind ``a2a.service`` returns, as handlers: an object or a dict with ``custom_handlers``, or a servicer
of pixell.agent.AgentService; and as gRPC services of the package's own: servicers of generated code, or what it registers on
the server that it asks for."""

from __future__ import annotations

import inspect
import sys
from types import SimpleNamespace
from typing import Any, Callable, Optional

from .grpc_surface import GrpcSurface, wants_server
from .handler import Handler, text_input
from .modules import LoadError, call_named, describe, find, import_module
from .servicer_context import ServicerContext

_OWN_METHODS = ("Health", "DescribeCapabilities", "Invoke", "Ping")
_INVOKE = "Invoke"


async def load_service(names: dict[str, str], grpc: Optional[GrpcSurface] = None) -> dict[str, Handler]:
    """Handlers by action of the service that the function ``{module, name}`` returns; its gRPC services go to ``grpc``.
    Raises LoadError."""
    asks = grpc is not None and wants_server(find(import_module(names["module"]), names["name"]))
    service = await call_named(names, *([grpc.server] if asks else []))  # type: ignore[union-attr]
    if service is None and asks:
        return {}
    return await read_service(service, f'"{names["module"]}:{names["name"]}"', grpc)


async def read_service(service: Any, origin: str, grpc: Optional[GrpcSurface] = None) -> dict[str, Handler]:
    """Handlers by action; ``origin`` names in messages where the service comes from. None is a service without any: the
    template of the packaging kit has such a stub. Raises LoadError."""
    if service is None:
        print(f"{origin} returned nothing: it adds no skills", file=sys.stderr)
        return {}
    adopted = grpc is not None and grpc.adopt(service)
    functions = {**_handlers_of(service, "custom_handlers"), **_handlers_of(service, "streaming_handlers")}
    if functions:
        return {name: Handler(function, text_input) for name, function in functions.items()}
    if callable(getattr(service, _INVOKE, None)):
        return await _servicer_handlers(service, origin)
    if adopted:
        return {}
    what = "neither an object with custom_handlers nor a dict with them nor a servicer"
    raise LoadError(f"{origin} returned {what}, but {type(service).__name__}")


def _handlers_of(service: Any, name: str) -> dict[str, Callable[..., Any]]:
    found = service.get(name) if isinstance(service, dict) else getattr(service, name, None)
    return found if isinstance(found, dict) else {}


async def _servicer_handlers(servicer: Any, origin: str) -> dict[str, Handler]:
    """One for each action that the servicer lists, and one that takes the action as an argument when it lists none. Each
    of them answers any action."""
    try:
        actions = await _describe_actions(servicer)
    except Exception as error:
        raise LoadError(f"DescribeCapabilities of {origin} failed: {describe(error)}") from error
    handler = Handler(_create_invoke(servicer), _invoke_input, answers_any_action=True)
    return {action: handler for action in actions or [_INVOKE]}


async def _describe_actions(servicer: Any) -> list[str]:
    describe_capabilities = getattr(servicer, "DescribeCapabilities", None)
    if not callable(describe_capabilities):
        return []
    answer = describe_capabilities(SimpleNamespace(), ServicerContext())
    answer = await answer if inspect.isawaitable(answer) else answer
    methods = [str(method) for method in getattr(answer, "methods", None) or ()]
    return [method for method in methods if method not in _OWN_METHODS]


def _invoke_input(parts: list[dict[str, Any]], skill: str) -> dict[str, str]:
    return {"action": skill, **text_input(parts, skill)}


def _create_invoke(servicer: Any) -> Callable[..., Any]:
    """``Invoke`` as a handler, async exactly when the servicer's is."""
    if inspect.iscoroutinefunction(servicer.Invoke):

        async def invoke(parameters: dict[str, str], context: Any) -> Any:
            own = ServicerContext(context)
            return _read_result(await servicer.Invoke(_create_request(parameters, context), own), own)

        return invoke

    def invoke_in_thread(parameters: dict[str, str], context: Any) -> Any:
        own = ServicerContext(context)
        return _read_result(servicer.Invoke(_create_request(parameters, context), own), own)

    return invoke_in_thread


def _create_request(parameters: dict[str, str], context: Any) -> SimpleNamespace:
    rest = {name: value for name, value in parameters.items() if name != "action"}
    return SimpleNamespace(action=parameters["action"], parameters=rest, request_id=context.invocation_id)


def _read_result(result: Any, context: ServicerContext) -> Any:
    if context.failure is not None:
        return {"status": "error", "message": context.failure}
    if getattr(result, "success", False):
        return result.result
    return {"status": "error", "message": getattr(result, "error", "") or "The agent failed."}
