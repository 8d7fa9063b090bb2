"""Calls an agent by every operation with the official client of A2A 0.2: `call_old.py AGENT_URL`; prints its requests as JSON."""

import asyncio
import json
import sys

import httpx
from a2a.client import A2ACardResolver, A2AClient
from a2a.types import CancelTaskRequest, GetTaskPushNotificationConfigRequest, GetTaskRequest, SendMessageRequest
from a2a.types import SendStreamingMessageRequest, SetTaskPushNotificationConfigRequest

message = {
    "kind": "message",
    "messageId": "m-1",
    "contextId": "c-1",
    "role": "user",
    "metadata": {"skill": "object"},
    "parts": [
        {"kind": "data", "data": {"a": 1, "b": 2}, "metadata": {"note": "n"}},
        {"kind": "text", "text": "hello"},
        {"kind": "file", "file": {"bytes": "AAH+/w==", "name": "a.bin", "mimeType": "application/x-test"}},
        {"kind": "file", "file": {"uri": "https://example.com/a", "mimeType": "text/html"}},
    ],
}
send = {"message": message, "configuration": {"acceptedOutputModes": ["text/plain"], "historyLength": 3, "blocking": True}}


async def main(url):
    seen = []

    async def record(request):
        path = str(request.url)[len(url):]
        if not path.startswith("/.well-known"):
            seen.append({"verb": request.method, "path": path, "body": json.loads(request.content)})

    async with httpx.AsyncClient(timeout=30, event_hooks={"request": [record]}) as http:
        client = A2AClient(http, agent_card=await A2ACardResolver(http, url).get_agent_card())
        answer = await client.send_message(SendMessageRequest(id="1", params=send))
        task = {"id": answer.root.result.id}
        async for _ in client.send_message_streaming(SendStreamingMessageRequest(id="2", params=send)):
            pass
        await client.get_task(GetTaskRequest(id="3", params={**task, "historyLength": 2}))
        config = {"taskId": task["id"], "pushNotificationConfig": {"url": "https://example.com/hook"}}
        await client.set_task_callback(SetTaskPushNotificationConfigRequest(id="4", params=config))
        await client.get_task_callback(GetTaskPushNotificationConfigRequest(id="5", params=task))
        await client.cancel_task(CancelTaskRequest(id="6", params=task))
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
