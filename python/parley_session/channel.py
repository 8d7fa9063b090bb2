"""The session's end of its socket to the node: frames in the form of docs/worker-protocol.md, one after the other."""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import Optional, Sequence

from parley_host.frame_codec import Frame, FrameDecoder, encode_frame

_CHUNK = 1024 * 1024


class Channel:
    """Blocks while it reads; may write from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._arrived: deque[tuple[Frame, list[bytes]]] = deque()
        self._writing = threading.Lock()

    def receive(self) -> Optional[tuple[Frame, list[bytes]]]:
        """The next frame with its bytes; None when the node has gone."""
        while not self._arrived:
            chunk = self._connection.recv(_CHUNK)
            if not chunk:
                return None
            self._arrived.extend(self._decoder.feed(chunk))
        return self._arrived.popleft()

    def send(self, frame: Frame, files: Sequence[bytes] = ()) -> None:
        content = encode_frame(frame, files)
        with self._writing:
            self._connection.sendall(content)
