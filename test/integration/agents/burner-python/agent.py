import asyncio
import os
import time


async def polite(input, context):
    """Lets the event loop cancel it between two slices."""
    context.status({"pid": os.getpid()})
    while True:
        burn()
        await asyncio.sleep(0)


async def deaf(input, context):
    """Swallows its cancellation."""
    context.status({"pid": os.getpid()})
    while True:
        try:
            burn()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            pass


def thread(input, context):
    """A thread that never looks up again."""
    context.status({"pid": os.getpid()})
    while True:
        burn()


def burn():
    end = time.monotonic() + 0.02
    while time.monotonic() < end:
        pass
