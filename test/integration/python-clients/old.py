"""Calls an agent with the unmodified client of A2A 0.2: `old.py AGENT_URL`; prints what it saw as one JSON object."""

import asyncio
import base64
import json
import sys
import uuid

import httpx
from a2a.client import A2ACardResolver, A2AClient
from a2a.types import CancelTaskRequest, GetTaskRequest, MessageSendParams, SendMessageRequest, SendStreamingMessageRequest


def params(skill, part, blocking=True):
    message = {"messageId": str(uuid.uuid4()), "role": "user", "parts": [part], "metadata": {"skill": skill}}
    configuration = {"blocking": blocking, "acceptedOutputModes": ["text/plain"]}
    return MessageSendParams.model_validate({"message": message, "configuration": configuration})


def as_json(response):
    return response.model_dump(mode="json", by_alias=True, exclude_none=True)


def parts_of(task):
    return [part for artifact in task["artifacts"] for part in artifact["parts"]]


async def main(url):
    async with httpx.AsyncClient(timeout=30) as http:
        card = await A2ACardResolver(http, url).get_agent_card()
        client = A2AClient(http, agent_card=card)

        async def send(skill, part, blocking=True):
            request = SendMessageRequest(id=str(uuid.uuid4()), params=params(skill, part, blocking))
            return as_json(await client.send_message(request))["result"]

        done = await send("object", {"kind": "data", "data": {"a": 40, "b": 2}})
        events = []
        request = SendStreamingMessageRequest(id="s", params=params("stream", {"kind": "text", "text": "go"}))
        async for event in client.send_message_streaming(request):
            events.append(as_json(event)["result"])
        content = base64.b64encode(bytes(range(256))).decode()
        file = {"kind": "file", "file": {"bytes": content, "mimeType": "application/x-test", "name": "a.bin"}}
        files = await send("files", file)
        waiting = await send("together", {"kind": "data", "data": {"gate": "python-old"}}, False)
        task = {"id": waiting["id"]}
        seen = as_json(await client.get_task(GetTaskRequest(id="g", params=task)))["result"]
        canceled = as_json(await client.cancel_task(CancelTaskRequest(id="c", params=task)))["result"]
        error = as_json(await client.get_task(GetTaskRequest(id="n", params={"id": "nope"})))["error"]["code"]

    chunks = [part for event in events if event["kind"] == "artifact-update" for part in event["artifact"]["parts"]]
    print(json.dumps({
        "state": done["status"]["state"],
        "data": parts_of(done)[0]["data"],
        "chunks": [part["text"] for part in chunks if part["text"]],
        "final": events[-1]["final"],
        "file": list(base64.b64decode(parts_of(files)[0]["file"]["bytes"])),
        "fileType": parts_of(files)[0]["file"]["mimeType"],
        "sameTask": seen["id"] == waiting["id"],
        "canceled": canceled["status"]["state"],
        "error": error,
    }))


asyncio.run(main(*sys.argv[1:]))
