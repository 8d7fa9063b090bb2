"""Calls an agent with the unmodified client of A2A 1.0: `current.py AGENT_URL BINDING`; prints what it saw as one JSON object."""

import asyncio
import json
import sys
import uuid

from a2a.client import ClientConfig, create_client
from a2a.types import CancelTaskRequest, GetTaskRequest, Message, Part, Role, SendMessageConfiguration, SendMessageRequest
from a2a.types import TaskState
from google.protobuf.json_format import MessageToDict, ParseDict


def request(skill, part, at_once=False):
    message = Message(message_id=str(uuid.uuid4()), role=Role.ROLE_USER, parts=[part])
    message.metadata.update({"skill": skill})
    return SendMessageRequest(message=message, configuration=SendMessageConfiguration(return_immediately=at_once))


def parts_of(task):
    return [part for artifact in task.artifacts for part in artifact.parts]


async def send(client, message):
    async for item in client.send_message(message):
        last = item
    return last.task


async def main(url, binding):
    plain = await create_client(url, ClientConfig(streaming=False, supported_protocol_bindings=[binding]))
    streaming = await create_client(url, ClientConfig(streaming=True, supported_protocol_bindings=[binding]))

    done = await send(plain, request("object", ParseDict({"data": {"a": 40, "b": 2}}, Part())))
    chunks = []
    async for item in streaming.send_message(request("stream", Part(text="go"))):
        if item.HasField("artifact_update"):
            chunks += [part.text for part in item.artifact_update.artifact.parts if part.text]
    files = await send(plain, request("files", Part(raw=bytes(range(256)), media_type="application/x-test", filename="a.bin")))
    waiting = await send(plain, request("together", ParseDict({"data": {"gate": f"python-{binding}"}}, Part()), True))
    seen = await plain.get_task(GetTaskRequest(id=waiting.id))
    canceled = await plain.cancel_task(CancelTaskRequest(id=waiting.id))
    try:
        await plain.get_task(GetTaskRequest(id="nope"))
        error = None
    except Exception as thrown:  # noqa: BLE001
        error = type(thrown).__name__
    await plain.close()
    await streaming.close()

    print(json.dumps({
        "state": TaskState.Name(done.status.state),
        "data": MessageToDict(parts_of(done)[0].data),
        "chunks": chunks,
        "file": list(parts_of(files)[0].raw),
        "fileType": parts_of(files)[0].media_type,
        "sameTask": seen.id == waiting.id,
        "canceled": TaskState.Name(canceled.status.state),
        "error": error,
    }))


asyncio.run(main(*sys.argv[1:]))
