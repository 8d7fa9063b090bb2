"""Calls an agent by every operation with the official client of A2A 1.0: `call_current.py AGENT_URL BINDING`; prints its requests as JSON."""

import asyncio
import json
import sys

import httpx
from a2a.client import ClientConfig, create_client
from a2a.types import CancelTaskRequest, DeleteTaskPushNotificationConfigRequest, GetTaskPushNotificationConfigRequest
from a2a.types import GetTaskRequest, ListTaskPushNotificationConfigsRequest, ListTasksRequest, SendMessageRequest
from a2a.types import SubscribeToTaskRequest, TaskPushNotificationConfig
from google.protobuf.json_format import ParseDict

message = {
    "messageId": "m-1",
    "contextId": "c-1",
    "role": "ROLE_USER",
    "metadata": {"skill": "object"},
    "parts": [
        {"data": {"a": 1, "b": 2}, "metadata": {"note": "n"}},
        {"text": "hello", "mediaType": "text/plain"},
        {"raw": "AAH+/w==", "filename": "a.bin", "mediaType": "application/x-test"},
        {"url": "https://example.com/a"},
    ],
}
send = {"message": message, "configuration": {"acceptedOutputModes": ["text/plain"], "historyLength": 3}}
hook = {"id": "w-1", "url": "https://example.com/hook", "token": "tkn"}
hook["authentication"] = {"scheme": "Bearer", "credentials": "crd"}


async def main(url, binding):
    seen = []

    async def record(request):
        path = str(request.url)[len(url):]
        if path.startswith("/.well-known"):
            return
        entry = {"verb": request.method, "path": path}
        if "a2a-version" in request.headers:
            entry["version"] = request.headers["a2a-version"]
        if request.content:
            entry["body"] = json.loads(request.content)
        seen.append(entry)

    async def quietly(call):
        try:
            async for _ in call:
                pass
        except Exception:
            pass

    async with httpx.AsyncClient(timeout=30, event_hooks={"request": [record]}) as http:
        config = {"httpx_client": http, "supported_protocol_bindings": [binding]}
        plain = await create_client(url, ClientConfig(streaming=False, **config))
        streaming = await create_client(url, ClientConfig(streaming=True, **config))
        async for item in plain.send_message(ParseDict(send, SendMessageRequest())):
            task_id = item.task.id
        await quietly(streaming.send_message(ParseDict(send, SendMessageRequest())))
        await plain.get_task(GetTaskRequest(id=task_id, history_length=2))
        await plain.list_tasks(ListTasksRequest(context_id="c-1", page_size=5, include_artifacts=True))
        created = ParseDict({**hook, "taskId": task_id}, TaskPushNotificationConfig())
        await plain.create_task_push_notification_config(created)
        named = {"task_id": task_id, "id": "w-1"}
        await plain.get_task_push_notification_config(GetTaskPushNotificationConfigRequest(**named))
        await plain.list_task_push_notification_configs(ListTaskPushNotificationConfigsRequest(task_id=task_id))
        await plain.delete_task_push_notification_config(DeleteTaskPushNotificationConfigRequest(**named))
        try:
            await plain.cancel_task(CancelTaskRequest(id=task_id))
        except Exception:
            pass
        await quietly(streaming.subscribe(SubscribeToTaskRequest(id=task_id)))
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
