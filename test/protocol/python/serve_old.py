"""The official server of A2A 0.2 with an agent that answers at once, JSON-RPC at /rpc; prints its port."""

import socket

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.apps import A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, Part
from a2a.utils import new_task

parts = [
    {"kind": "data", "data": {"sum": 42}},
    {"kind": "text", "text": "hello"},
    {"kind": "file", "file": {"bytes": "AAH+/w==", "name": "a.bin", "mimeType": "application/x-test"}},
    {"kind": "file", "file": {"uri": "https://example.com/a", "mimeType": "text/html"}},
]


class Agent(AgentExecutor):
    async def execute(self, context, event_queue):
        task = context.current_task or new_task(context.message)
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.contextId)
        said = updater.new_agent_message([Part.model_validate({"kind": "text", "text": "on it"})])
        await updater.start_work(said)
        await updater.add_artifact([Part.model_validate(part) for part in parts], artifact_id="a-1", name="answer")
        await updater.complete()

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


card = AgentCard(
    name="peer",
    description="Answers at once.",
    version="1.0.0",
    url="http://127.0.0.1",
    capabilities=AgentCapabilities(streaming=True),
    defaultInputModes=["text/plain"],
    defaultOutputModes=["text/plain"],
    skills=[],
)
app = A2AStarletteApplication(card, DefaultRequestHandler(Agent(), InMemoryTaskStore())).build(rpc_url="/rpc")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
