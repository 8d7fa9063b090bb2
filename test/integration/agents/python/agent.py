import os
import socket
import sys


def object_(input):
    return {"sum": input["a"] + input["b"]}


def text(input):
    return f"Hello {input['name']}"


def bytes_(input):
    return {"name": "four.bin", "type": "application/x-four", "bytes": bytes([0, 1, 254, 255])}


async def stream(input):
    for word in ("one ", "two ", "three"):
        yield word


def nothing(input):
    return None


def refuse(input):
    return {"status": "error", "message": "not today"}


def fail(input):
    raise ValueError("it broke")


def together(input):
    with socket.socket(socket.AF_UNIX) as gate:
        gate.connect(os.environ["GATE"])
        gate.sendall(f"{input.get('gate', 'together')} {os.getpid()}\n".encode())
        gate.recv(1)
    return {"pid": os.getpid()}


def crash(input):
    os._exit(3)


async def speak(input, context):
    print("said on standard output")
    print("said on standard error", file=sys.stderr)
    context.log.warning("said to the log")
