import type { Socket } from 'node:net';
import { createServer, type Server, type TlsOptions as ServerOptions, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/index.ts';
import { type CallerConnection, readCallerCertificate, type TlsMaterial } from '../../security/index.ts';
import { rememberCaller } from './caller-connections.ts';
import { isFromThisMachine } from './own-machine.ts';
import type { InnerProtocol, TlsOptions } from './port.ts';

export interface TlsAcceptorOptions {
  readonly tls: TlsOptions;
  readonly clock: Clock;
  readonly protocol: InnerProtocol;
  /** Gets each connection that may be spoken on, and what is known of its caller. */
  readonly take: (socket: Socket, connection: CallerConnection | undefined) => void;
}

/** A connection that has not said anything, or not finished its handshake, by then is cut. */
const handshakeMs = 10_000;
/** What a TLS connection begins with: the type of a handshake's record. */
const handshakeRecord = 22;
const refusal = 'This port speaks TLS. Call it as https://.\n';

/**
 * Stands between a listener and what speaks on its connections: unwraps TLS. Plain text goes on for callers on this machine
 * alone: workers, the command line, a proxy beside the node. A new certificate counts for new connections.
 */
export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  /** Connections that have not come through yet, by their two ends: TLS tells of its own sockets, not of what they are on. */
  readonly #waiting = new Map<string, { readonly socket: Socket; readonly cancel: () => void }>();
  readonly #unfollow: () => void;
  #server: Server | undefined;

  constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    const { source } = options.tls;
    this.#unfollow = source.follow((material) => this.#server?.setSecureContext(this.#describe(material)));
  }

  /** From here on the connection is this one's. */
  accept(socket: Socket): void {
    const cancel = this.#options.clock.schedule(handshakeMs, () => socket.destroy());
    const ends = nameEnds(socket);
    this.#waiting.set(ends, { socket, cancel });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      cancel();
      if (this.#waiting.get(ends)?.socket === socket) this.#waiting.delete(ends);
    });
    socket.once('readable', () => this.#lookAt(socket));
  }

  /** Takes no more connections, and cuts those that wait. */
  close(): void {
    this.#unfollow();
    for (const { socket } of this.#waiting.values()) socket.destroy();
  }

  #lookAt(socket: Socket): void {
    const start = socket.read(1) as Buffer | null;
    if (start === null) {
      socket.destroy();
      return;
    }
    socket.unshift(start);
    if (start[0] === handshakeRecord) this.#secureServer().emit('connection', socket);
    else if (isFromThisMachine(socket)) this.#takePlain(socket);
    else refusePlain(socket, this.#options.protocol);
  }

  #takePlain(socket: Socket): void {
    const { tls, take } = this.#options;
    const needsCertificate = tls.source.current.clientCa !== undefined && tls.clientCertificates === 'require';
    this.#hand(socket, needsCertificate ? { isInner: true } : undefined, take);
  }

  #takeSecure(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate();
    // A certificate that does not count is an error, as a wrong key is: its bearer is never taken for nobody.
    if (certificate !== undefined && !socket.authorized) socket.destroy();
    else {
      const connection = certificate && { certificate: readCallerCertificate(certificate) };
      this.#hand(socket, connection, this.#options.take);
    }
  }

  #hand(socket: Socket, connection: CallerConnection | undefined, take: TlsAcceptorOptions['take']): void {
    const ends = nameEnds(socket);
    this.#waiting.get(ends)?.cancel();
    this.#waiting.delete(ends);
    if (connection !== undefined) rememberCaller(socket, connection);
    take(socket, connection);
  }

  /** Made when somebody comes: a deployment's port that nobody calls from elsewhere costs nothing. */
  #secureServer(): Server {
    if (this.#server !== undefined) return this.#server;
    const { protocol, tls } = this.#options;
    this.#server = createServer(
      { ...this.#describe(tls.source.current), ALPNProtocols: [protocol], handshakeTimeout: handshakeMs },
      (socket) => this.#takeSecure(socket),
    );
    return this.#server;
  }

  #describe({ cert, key, clientCa }: TlsMaterial): ServerOptions {
    const { minVersion, clientCertificates } = this.#options.tls;
    const clients = { ca: clientCa, requestCert: true, rejectUnauthorized: clientCertificates === 'require' };
    return { cert, key, minVersion, ...(clientCa !== undefined && clients) };
  }
}

function nameEnds({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function refusePlain(socket: Socket, protocol: InnerProtocol): void {
  if (protocol === 'h2') {
    socket.destroy();
    return;
  }
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${refusal.length}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${refusal}`);
}
