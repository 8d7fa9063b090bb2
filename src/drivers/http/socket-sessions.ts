import type { ClientHttp2Session, ClientHttp2Stream, ClientSessionOptions } from 'node:http2';
import { connect } from 'node:net';
import { ParleyError } from '../../base/index.ts';

/** HTTP/2 over Unix sockets: one session for each, opened by its first request and shared by all that follow. */
export interface SocketSessions {
  /**
   * Begins a request with these headers, names and values in turn; its body is the stream's own. Throws INVALID_PARAMS for headers that HTTP/2 forbids; what goes wrong
   * later, also before it could be sent, is the stream's `error`, and `close` comes in any case. Flow control goes through: what is not read is not sent.
   */
  request(socketPath: string, headers: readonly string[]): ClientHttp2Stream;
  /** Breaks off what is under way. */
  close(): void;
}

/** Connects with the first request. */
export function createSocketSessions(): SocketSessions {
  const sessions = new Map<string, ClientHttp2Session>();
  const open = (socketPath: string): ClientHttp2Session => {
    const session = openSession(socketPath);
    const forget = (): void => {
      if (sessions.get(socketPath) === session) sessions.delete(socketPath);
    };
    session.on('error', forget).on('goaway', forget).on('close', forget);
    sessions.set(socketPath, session);
    return session;
  };
  return {
    request(socketPath, headers) {
      const known = sessions.get(socketPath);
      const session = known === undefined || known.closed || known.destroyed ? open(socketPath) : known;
      return begin(session, headers);
    },
    close() {
      for (const session of [...sessions.values()]) session.destroy();
      sessions.clear();
    },
  };
}

function begin(session: ClientHttp2Session, headers: readonly string[]): ClientHttp2Stream {
  try {
    return session.request(headers);
  } catch (thrown) {
    if (!isForbidden(thrown)) throw thrown;
    throw new ParleyError('INVALID_PARAMS', `These headers cannot be passed on: ${thrown.message}.`, { cause: thrown });
  }
}

function isForbidden(thrown: unknown): thrown is Error {
  return thrown instanceof TypeError && 'code' in thrown && headerCodes.has(String(thrown.code));
}

const headerCodes: ReadonlySet<string> = new Set([
  'ERR_HTTP2_HEADER_SINGLE_VALUE',
  'ERR_HTTP2_INVALID_CONNECTION_HEADERS',
  'ERR_HTTP2_INVALID_PSEUDOHEADER',
  'ERR_INVALID_HTTP_TOKEN',
]);

interface SessionOptions extends ClientSessionOptions {
  /** False: headers go out as they are, also those of which HTTP knows but one value. */
  readonly strictSingleValueFields: boolean;
}

function openSession(socketPath: string): ClientHttp2Session {
  // It weighs 10 MB: a node whose packages have no gRPC of their own does not carry it.
  const http2 = process.getBuiltinModule('node:http2');
  const options: SessionOptions = {
    createConnection: () => connect(socketPath),
    // Windows bound what a stream may have in memory; this bound would refuse streams for what others have.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    settings: { enablePush: false },
    strictSingleValueFields: false,
  };
  const session = http2.connect('http://localhost', options);
  // What listens on the socket decides how long the node lives, not its client.
  session.unref();
  return session;
}
