import type { ServerHttp2Stream } from 'node:http2';

const noError = 0;

/** The whole answer is written: what the caller may still send is for nobody, and its side of the call ends, too. */
export function letGo(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  // In the next turn: the answer goes out first.
  setImmediate(() => {
    if (!stream.closed && !stream.readableEnded) stream.close(noError);
  });
}
