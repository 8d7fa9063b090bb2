import type { Redis } from 'ioredis';
import { type Connection, reconnectDelayMs } from './connect.ts';

type Listener = (message: string) => void;

const pingEveryMs = 5_000;

export interface SubscriberOptions {
  /** An unopened connection to a server that hears all messages; it need not come back by itself. */
  readonly connect: () => Promise<Connection>;
}

/** The subscriptions of one client, on a connection of their own that is opened with the first. */
export class Subscriber {
  readonly #connect: () => Promise<Connection>;
  readonly #channels = new Map<string, Set<Listener>>();
  readonly #gapListeners = new Set<() => void>();
  #connection: Redis | undefined;
  #opening: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ connect }: SubscriberOptions) {
    this.#connect = connect;
  }

  async subscribe(channel: string, listener: Listener): Promise<() => void> {
    const listeners = this.#channels.get(channel);
    if (listeners) listeners.add(listener);
    else this.#channels.set(channel, new Set([listener]));
    const leave = (): void => this.#leave(channel, listener);
    try {
      await this.#ensureOpen();
      // Also when the channel has a listener already: its own subscription may still be under way.
      await this.#connection?.subscribe(channel);
    } catch (thrown) {
      leave();
      throw thrown;
    }
    return leave;
  }

  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => void this.#gapListeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#channels.clear();
    this.#connection?.disconnect();
  }

  #leave(channel: string, listener: Listener): void {
    const listeners = this.#channels.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#channels.delete(channel);
    this.#connection?.unsubscribe(channel).catch(() => {});
  }

  #ensureOpen(): Promise<void> {
    if (this.#connection?.status === 'ready') return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    const connection = (await this.#connect()) as Redis;
    // Why it breaks shows at the connection for commands, too.
    connection.on('error', () => {});
    connection.on('message', (channel: string, message: string) => this.#deliver(channel, message));
    await connection.connect();
    this.#connection = connection;
    const ping = setInterval(() => void connection.ping().catch(() => connection.disconnect()), pingEveryMs);
    ping.unref();
    connection.once('end', () => {
      clearInterval(ping);
      this.#reopen(1);
    });
    if (this.#isClosed) connection.disconnect();
  }

  #deliver(channel: string, message: string): void {
    for (const listener of this.#channels.get(channel) ?? []) listener(message);
  }

  #reopen(attempt: number): void {
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => void this.#resubscribe(attempt), reconnectDelayMs(attempt));
    this.#retry.unref();
  }

  async #resubscribe(attempt: number): Promise<void> {
    try {
      await this.#ensureOpen();
      const channels = [...this.#channels.keys()];
      if (channels.length > 0) await this.#connection?.subscribe(...channels);
      for (const listener of this.#gapListeners) listener();
    } catch {
      if (this.#connection?.status === 'ready') this.#connection.disconnect();
      else this.#reopen(attempt + 1);
    }
  }
}
