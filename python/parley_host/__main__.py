"""Runs a Python package as a worker: ``python3 -u -m parley_host``, started by the node with the package's folder as
working directory and a socket as file descriptor 3. docs/worker-protocol.md is what passes over it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

from .host import Host


def main() -> None:
    """Serves until the worker is drained or the node is gone, then ends the process, whatever its threads do."""
    os.set_inheritable(3, False)
    sys.stdout.reconfigure(line_buffering=True)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    code = loop.run_until_complete(Host(loop).serve(socket.socket(fileno=3)))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


main()
