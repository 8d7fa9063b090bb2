"""The Python half of the agents in the host tests; agent.js has the same functions."""

import asyncio
import os
import sys
import threading

from parley_host import AgentCallError, Canceled


def echo(input):
    files = input.pop("files", [])
    described = [{"name": f["name"], "type": f["type"], "size": len(f["bytes"]) if "bytes" in f else None, "url": f.get("url")} for f in files]
    return {"input": input, "files": [{k: v for k, v in d.items() if v is not None} for d in described]}


def one(input):
    return input["text"].upper()


VALUES = {
    "object": {"total": 3, "rows": [1, 2]},
    "text": "plain words",
    "number": 4.5,
    "list": [1, "two", None],
    "nothing": None,
    "bytes": b"\x01\x02\x03",
    "file": {"name": "a.csv", "type": "text/csv", "bytes": b"a,b"},
    "files": ["here", {"name": "b.txt", "type": "text/plain", "bytes": b"b"}],
    "parts": {"parts": [{"text": "t"}, {"data": {"a": 1}}, {"url": "https://example.com/x", "filename": "x"}, {"bytes": b"p"}]},
    "error": {"status": "error", "message": "no such row"},
    "errorWithMore": {"status": "error", "message": "no such row", "row": 7},
    "success": {"status": "success", "row": 7},
    "reply": {"kind": "message", "text": "just a word"},
    "rejection": {"kind": "rejection", "text": "not for me"},
    "replyParts": {"kind": "message", "parts": [{"data": [1]}]},
    "nan": {"value": float("nan")},
}


def returns(input):
    return VALUES[input["kind"]]


def returnsWhatIsNotJson():
    return {"value": object()}


async def throws(input):
    raise ValueError(input["text"])


async def streamAsync(input):
    yield "a"
    yield {"n": 1}
    await asyncio.sleep(0.001)
    yield b"c"


def streamSync(input):
    yield "a"
    yield {"n": 1}
    yield b"c"


async def streamThatFails(input):
    yield "a"
    raise ValueError("broke in the middle")


async def streamThatSaysError(input):
    yield "a"
    yield {"status": "error", "message": "gave up"}


async def streamWithGates(input, context):
    yield "first"
    answer = await context.ask("more?")
    yield answer.text
    await context.ask("end?")


def streamWithGatesInThread(input, context):
    yield "first"
    yield context.ask("more?").text
    context.ask("end?")


def tells(input, context):
    facts = {
        "invocationId": context.invocation_id,
        "task": context.task,
        "caller": context.caller,
        "deadline": context.deadline and context.deadline * 1000,
        "correlationId": context.correlation_id,
        "traceparent": context.traceparent,
        "parts": len(context.parts),
    }
    assert context.task is None or context.task.context_id == context.task["contextId"]
    return {key: value for key, value in facts.items() if value is not None}


def reports(input, context):
    context.log.info("at %d", 1)
    context.status("working on it")
    context.status({"parts": [{"text": "half"}, {"data": {"percent": 50}}]})
    identity = context.artifact("table", description="rows", text="r1", last_chunk=False)
    context.artifact("table", text="r2", append=True, last_chunk=True)
    context.artifact(name="picture", bytes=b"<svg/>", media_type="image/svg+xml", filename="p.svg")
    context.artifact(artifact_id="mine", data=[1], metadata={"m": 1})
    return {"id": identity}


async def reportsAsync(input, *, context):
    context.log.info("at %d", 1)
    await context.status("working on it")
    context.status({"parts": [{"text": "half"}, {"data": {"percent": 50}}]})
    identity = await context.artifact("table", description="rows", text="r1", last_chunk=False)
    context.artifact("table", text="r2", append=True, last_chunk=True)
    await context.artifact(name="picture", bytes=b"<svg/>", media_type="image/svg+xml", filename="p.svg")
    await context.artifact(artifact_id="mine", data=[1], metadata={"m": 1})
    return {"id": identity}


def _answers(first, second):
    return {"first": first.text, "id": first.message_id, "second": second.data, "files": [len(f["bytes"]) for f in second.files]}


def asks(input, context):
    first = context.ask("which?")
    return _answers(first, context.ask({"parts": [{"text": "sure?"}]}, state="auth-required"))


async def asksAsync(input, context):
    first = await context.ask("which?")
    return _answers(first, await context.ask({"parts": [{"text": "sure?"}]}, state="auth-required"))


def floods(input, context):
    for _ in range(input["count"]):
        context.status("x" * input["size"])
    return {"sent": input["count"]}


async def floodsAsync(input, context):
    await asyncio.gather(*(context.status("x" * input["size"]) for _ in range(input["count"])))
    return {"sent": input["count"]}


def waitsForCancel(input, context):
    context.status("waiting")
    context.signal.wait()
    assert context.cancelled
    try:
        context.status("still here")
    except Canceled as error:
        return {"code": error.code}


async def waitsForCancelAsync(input, context):
    await context.status("waiting")
    await asyncio.Event().wait()


def asksForEver(input, context):
    context.ask("anybody?")


async def asksForEverAsync(input, context):
    await context.ask("anybody?")


async def streamsForEver(input, context):
    try:
        while True:
            yield "tick"
            await asyncio.sleep(0.005)
    finally:
        context.log.info("the stream was closed")


def streamsForEverInThread(input, context):
    try:
        while True:
            yield "tick"
            context.signal.wait(0.005)
    finally:
        context.log.info("the stream was closed")


waiting = []


async def meets(input):
    """Ends when ``count`` calls are in it at once."""
    met = asyncio.Event()
    waiting.append(met)
    if len(waiting) == input["count"]:
        for event in waiting:
            event.set()
        waiting.clear()
    await met.wait()
    return "met"


barrier = threading.Barrier(3)


def meetsInThreads(input):
    barrier.wait()
    return "met"


async def calls(input, context):
    return _called(await context.call(input["agent"], input["input"], **(input.get("options") or {})))


def callsFromThread(input, context):
    return _called(context.call(input["agent"], input["input"], **(input.get("options") or {})))


def _called(result):
    files = [[f["name"], len(f["bytes"])] for f in result.files]
    facts = {"state": result.state, "text": result.text, "data": result.data, "files": files, "artifacts": len(result.artifacts)}
    return {key: value for key, value in facts.items() if value is not None}


async def callFails(input, context):
    try:
        await context.call(input["agent"], "x")
    except AgentCallError as error:
        return {"code": error.code, "message": str(error)}


def prints(input):
    print("printed")
    return "ok"


def isTooBig(input):
    return "x" * 2_000_000


def crashes(input):
    print("out of the blue", file=sys.stderr, flush=True)
    os._exit(1)


def exits(input):
    sys.exit("enough")


async def exitsAsync(input):
    sys.exit("enough")
