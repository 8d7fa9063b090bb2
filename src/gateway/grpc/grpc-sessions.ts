import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/index.ts';
import type { IncomingCall } from '../grpc-routing/routing-desk.ts';

/** Answers one call. */
export type OnCall = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Calls at once on one connection; more wait at the caller's side. */
const maxStreams = 256;
/** Of the headers of one call. */
const maxHeaderBytes = 16 * 1024;

export interface StopOptions {
  readonly clock: Clock;
  /** Tells calls that they are about to be cut. */
  readonly beforeCut: () => Promise<void>;
}

/** For what calls were told last to go out. */
const lastWordsMs = 100;

/** HTTP/2 on connections that others have accepted. */
export class GrpcSessions {
  readonly #server: Http2Server;
  readonly #sockets = new Map<ServerHttp2Session, Socket>();

  constructor(onCall: (call: IncomingCall) => void) {
    this.#server = createServer({
      // Windows bound what a stream may have in memory; this bound would refuse large messages.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      maxSendHeaderBlockLength: Number.MAX_SAFE_INTEGER,
      // Metadata may have several values under names of which HTTP knows but one.
      strictSingleValueFields: false,
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes },
    });
    this.#server.setTimeout(0);
    this.#server.on('sessionError', () => {});
    this.#server.on('stream', (stream, headers, _flags, rawHeaders) => {
      // A call that breaks must not end the process.
      stream.on('error', ignore);
      const socket = this.#sockets.get(stream.session as ServerHttp2Session);
      if (socket !== undefined) onCall({ stream, headers, rawHeaders, socket });
    });
  }

  /** From here on the connection is this one's. */
  take(socket: Socket): void {
    this.#server.once('session', (session) => {
      this.#sockets.set(session, socket);
      session.once('close', () => this.#sockets.delete(session));
    });
    this.#server.emit('connection', socket);
  }

  /** Takes no new calls; resolves when those under way have ended. The signal cuts them, after `beforeCut`. */
  async stop(signal: AbortSignal, { clock, beforeCut }: StopOptions): Promise<void> {
    const cut = (): void => void beforeCut().then(() => clock.schedule(lastWordsMs, () => this.#cut()));
    signal.addEventListener('abort', cut, { once: true });
    if (signal.aborted) cut();
    await Promise.all([...this.#sockets.keys()].map(closeSession));
    signal.removeEventListener('abort', cut);
  }

  #cut(): void {
    for (const session of this.#sockets.keys()) session.destroy();
  }
}

function ignore(): void {}

function closeSession(session: ServerHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    session.once('close', resolve);
    session.close();
  });
}
