"""One session: ``python3 -m parley_session``, started by the node in the session's own folder with a socket as file
descriptor 3. What the code prints goes to standard output and standard error as they are."""

from __future__ import annotations

import os
import socket
import sys

from .channel import Channel
from .session import Session


def main() -> None:
    """Serves until the node closes the socket, then ends the process, whatever its threads do."""
    os.set_inheritable(3, False)
    sys.stdout.reconfigure(line_buffering=True)
    channel = Channel(socket.socket(fileno=3))
    Session(channel).serve()
    os._exit(0)


main()
