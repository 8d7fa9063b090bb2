"""The official server of A2A 1.0 with an agent that answers at once, JSON-RPC at / and HTTP+JSON below /rest; prints its port."""

import socket

import uvicorn
from a2a.helpers.proto_helpers import new_task_from_user_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part
from google.protobuf.json_format import ParseDict
from starlette.applications import Starlette

parts = [
    {"data": {"sum": 42}},
    {"text": "hello"},
    {"raw": "AAH+/w==", "filename": "a.bin", "mediaType": "application/x-test"},
    {"url": "https://example.com/a", "mediaType": "text/html"},
]


class Agent(AgentExecutor):
    async def execute(self, context, event_queue):
        if context.current_task is None:
            await event_queue.enqueue_event(new_task_from_user_message(context.message))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.start_work(updater.new_agent_message([Part(text="on it")]))
        await updater.add_artifact([ParseDict(part, Part()) for part in parts], artifact_id="a-1", name="answer")
        await updater.complete()

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


card = AgentCard(name="peer", description="Answers at once.", version="1.0.0", capabilities=AgentCapabilities(streaming=True))
card.supported_interfaces.append(AgentInterface(url="http://127.0.0.1", protocol_binding="JSONRPC", protocol_version="1.0"))
card.default_input_modes.append("text/plain")
card.default_output_modes.append("text/plain")
card.skills.append(AgentSkill(id="answer", name="answer", description="Answers at once.", tags=["test"]))
handler = DefaultRequestHandler(agent_executor=Agent(), task_store=InMemoryTaskStore(), agent_card=card)
routes = [*create_jsonrpc_routes(handler, "/"), *create_rest_routes(handler, path_prefix="/rest")]
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error")).run(sockets=[listener])
