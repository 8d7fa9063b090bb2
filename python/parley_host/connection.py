"""The worker's end of its socket to the node."""

from __future__ import annotations

import asyncio
from typing import Callable, Optional, Sequence

from .frame_codec import Frame, FrameDecoder, encode_frame


class Connection(asyncio.Protocol):
    """All frames of one turn of the event loop leave in one write. Used on the event loop only."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_frame: Callable[[Frame, list[bytes]], None],
        on_close: Callable[[Optional[Exception]], None],
    ) -> None:
        self._loop = loop
        self._on_frame = on_frame
        self._on_close = on_close
        self._decoder = FrameDecoder()
        self._batch: list[bytes] = []
        self._transport: Optional[asyncio.WriteTransport] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._on_close(None)

    def data_received(self, data: bytes) -> None:
        try:
            for frame, files in self._decoder.feed(data):
                self._on_frame(frame, files)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            self._on_close(error)

    def send(self, frame: Frame, files: Sequence[bytes] = ()) -> None:
        self.send_bytes(encode_frame(frame, files))

    def send_bytes(self, frame: bytes) -> None:
        """Takes an encoded frame."""
        if not self._batch:
            self._loop.call_soon(self._flush)
        self._batch.append(frame)

    def close(self) -> None:
        """Writes what is left, then closes; on_close follows."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        if self._batch and self._transport is not None:
            self._transport.write(b"".join(self._batch))
            self._batch.clear()
