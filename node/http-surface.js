import { once } from 'node:events';
import { loadFunction } from './load-module.js';

// An import would read all names of the module, and one of them loads Node's own fetch: 14 MB.
const { createServer } = process.getBuiltinModule('node:http');

/** @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => unknown} Listener */
/** @typedef {{ module: string, name: string }} Names */

const a2aPrefix = '/a2a';
const keepAliveMs = 75_000;

/** The package's own HTTP on a Unix socket that the node named: `mount` at the root, `a2a` below `/a2a`. */
export class HttpSurface {
  #server = createServer({ keepAliveTimeout: keepAliveMs });
  /** Upgraded connections, which the server itself counts no more. @type {Set<import('node:stream').Duplex>} */
  #upgraded = new Set();

  /**
   * Loads what `rest` of an `init` frame names, and listens. Rejects with an error that says what to change.
   *
   * @param {{ socket: string, mount?: Names, a2a?: Names }} rest
   * @param {string} folder the package's
   */
  async start(rest, folder) {
    const server = this.#server;
    const listener = rest.mount && (await this.#call('rest.entry', rest.mount, folder));
    if (typeof listener === 'function') server.on('request', listener);
    if (server.listenerCount('request') === 0) server.on('request', refuse);
    if (rest.a2a !== undefined) this.#divert(await this.#call('a2a.http_server', rest.a2a, folder));
    if (server.listenerCount('upgrade') > 0) server.on('upgrade', (_request, socket) => this.#watch(socket));
    server.listen(rest.socket);
    await once(server, 'listening');
  }

  /** Listens no more; resolves when the requests in flight have ended. How long that may take is the node's business. */
  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    for (const socket of this.#upgraded) socket.end();
    await closed;
  }

  /** @param {string} what @param {Names} names @param {string} folder */
  async #call(what, { module, name }, folder) {
    const create = await loadFunction({ what, module, name, folder });
    try {
      return await create(this.#server);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${what}: "${module}:${name}" failed: ${why}`, { cause: error });
    }
  }

  /** What lies below the prefix goes to this listener and to no other. @param {Listener} listener */
  #divert(listener) {
    if (typeof listener !== 'function') {
      throw new Error('a2a.http_server: the function must return a request listener, such as an Express app');
    }
    const others = /** @type {Listener[]} */ (this.#server.listeners('request'));
    this.#server.removeAllListeners('request');
    this.#server.on('request', (request, response) => {
      const rest = below(request.url ?? '/');
      if (rest === undefined) for (const other of others) other.call(this.#server, request, response);
      else listener(Object.assign(request, { url: rest }), response);
    });
  }

  /** @param {import('node:stream').Duplex} socket */
  #watch(socket) {
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
  }
}

/** The path below the prefix; undefined when it is not below it. @param {string} url */
function below(url) {
  if (!url.startsWith(a2aPrefix)) return undefined;
  const rest = url.slice(a2aPrefix.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}

/** @param {unknown} _request @param {import('node:http').ServerResponse} response */
function refuse(_request, response) {
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}');
}
