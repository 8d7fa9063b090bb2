"""Finds the code behind the skills of an ``init`` frame (the adapters of docs/worker-protocol.md)."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Optional

from .grpc_surface import GrpcSurface
from .handler import Handler, action_input, plain_input
from .modules import LoadError, describe, find, import_module, look_up
from .service import load_service

_ADAPTER_CLASS = "PixellAdapter"


async def load_skills(skills: list[dict[str, Any]], grpc: Optional[GrpcSurface] = None) -> dict[str, Handler]:
    """Handlers by skill id, those of a service under their own names; its gRPC services go to ``grpc``. Raises LoadError."""
    handlers: dict[str, Handler] = {}
    services: dict[tuple[str, str], dict[str, Handler]] = {}
    for skill in skills:
        spec = skill["handler"]
        try:
            if spec["adapter"] == "custom-handlers":
                key = (spec["module"], spec["name"])
                if key not in services:
                    services[key] = await load_service(spec, grpc)
                handlers.update(services[key])
            else:
                handlers[skill["id"]] = _load_handler(spec)
        except LoadError as error:
            raise LoadError(f'skill "{skill["id"]}": {error}') from error.__cause__
    return handlers


def _load_handler(spec: dict[str, Any]) -> Handler:
    module = import_module(spec["module"])
    if spec["adapter"] == "pixell":
        return _adapter_handler(find(module, _ADAPTER_CLASS))
    if spec["adapter"] != "function":
        raise LoadError(f'there is no adapter "{spec["adapter"]}"')
    found = look_up(module, spec["name"])
    if found is None and hasattr(module, _ADAPTER_CLASS):
        return _adapter_handler(getattr(module, _ADAPTER_CLASS))
    if inspect.isclass(found) and hasattr(found, "process_request"):
        return _adapter_handler(found)
    return Handler(find(module, spec["name"]), plain_input)


def _adapter_handler(adapter: Callable[[], Any]) -> Handler:
    try:
        return Handler(adapter().process_request, action_input, answers_any_action=True)
    except Exception as error:
        raise LoadError(f"{_ADAPTER_CLASS} cannot be created: {describe(error)}") from error
