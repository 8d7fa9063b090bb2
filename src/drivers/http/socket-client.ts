import type { Dispatcher, Pool } from 'undici';
import { SocketExchange } from './socket-exchange.ts';
import type { RunningRequest, SocketClient, SocketClientOptions, SocketHandler, SocketRequest } from './socket-port.ts';

/** A client that connects with the first request. */
export function createSocketClient(options: SocketClientOptions): SocketClient {
  return new PooledSocketClient(options);
}

const idleMs = 30_000;

interface Entry {
  readonly pool: Pool;
  active: number;
  usedAtMs: number;
}

type OpenPool = (socketPath: string, options: SocketClientOptions) => Pool;

class PooledSocketClient implements SocketClient {
  readonly #options: SocketClientOptions;
  readonly #entries = new Map<string, Entry>();
  #openPool: OpenPool | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SocketClientOptions) {
    this.#options = options;
  }

  send(request: SocketRequest, handler: SocketHandler): RunningRequest {
    const exchange = new SocketExchange(request.socketPath, handler);
    if (this.#openPool) this.#dispatch(request, exchange, this.#openPool);
    else void this.#begin(request, exchange);
    return exchange;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(({ pool }) => pool.destroy()));
  }

  /** undici weighs 20 MB: a node whose packages have no routes of their own does not carry it. */
  async #begin(request: SocketRequest, exchange: SocketExchange): Promise<void> {
    try {
      this.#openPool = (await import('./open-socket-pool.ts')).openSocketPool;
      this.#dispatch(request, exchange, this.#openPool);
    } catch (thrown) {
      exchange.fail(thrown);
    }
  }

  #dispatch(request: SocketRequest, exchange: SocketExchange, openPool: OpenPool): void {
    const { socketPath, method, path, headers, body, upgrade } = request;
    if (this.#closed) exchange.fail(new Error('the client is closed'));
    if (exchange.isOver) return;
    const entry = this.#entry(socketPath, openPool);
    entry.active++;
    exchange.onceOver(() => {
      entry.active--;
      entry.usedAtMs = performance.now();
    });
    const dispatched: Dispatcher.DispatchOptions = {
      method,
      path,
      headers: headers as string[],
      body: body === undefined ? null : (body as Dispatcher.RequestOptions['body'] & object),
      upgrade: upgrade ? 'websocket' : null,
    };
    entry.pool.dispatch(dispatched, exchange);
  }

  #entry(socketPath: string, openPool: OpenPool): Entry {
    const known = this.#entries.get(socketPath);
    if (known) return known;
    const entry: Entry = { pool: openPool(socketPath, this.#options), active: 0, usedAtMs: performance.now() };
    this.#entries.set(socketPath, entry);
    this.#sweep ??= setInterval(() => this.#closeIdle(), idleMs).unref();
    return entry;
  }

  #closeIdle(): void {
    const before = performance.now() - idleMs;
    for (const [socketPath, { pool, active, usedAtMs }] of this.#entries) {
      if (active > 0 || usedAtMs > before) continue;
      this.#entries.delete(socketPath);
      void pool.destroy();
    }
  }
}
