import { ParleyError } from '../../base/index.ts';
import type { Connection } from './connect.ts';
import type { RedisArgument, RedisBytesReply, RedisHealth, RedisReply, ReplicaWait, ScriptCall } from './port.ts';
import { ReadyGate } from './ready-gate.ts';
import { awayError, fromRedisError } from './redis-error.ts';
import type { ResolvedRedisOptions } from './redis-options.ts';
import { TurnCork } from './turn-cork.ts';

type Reply = RedisReply | RedisBytesReply;

/** Sends commands over one connection of the library, and turns its errors into ours. */
export class RedisConnection {
  readonly #connection: Connection;
  readonly #target: string;
  readonly #options: ResolvedRedisOptions;
  readonly #gate: ReadyGate;
  readonly #cork: TurnCork;
  readonly #known = new Set<string>();
  #lastError: string | undefined;
  #isOpened = false;
  #isClosed = false;

  constructor(connection: Connection, target: string, options: ResolvedRedisOptions) {
    this.#connection = connection;
    this.#target = target;
    this.#options = options;
    this.#gate = new ReadyGate(options.maxWaiting);
    this.#cork = new TurnCork(connection);
    connection.on('error', (error: Error) => this.#note(error));
    connection.on('ready', () => this.#open());
  }

  /** Connects for the first time; UNREACHABLE when nobody answers, CONFIG_INVALID when the credentials are refused. */
  async open(): Promise<void> {
    try {
      await Promise.race([this.#connection.connect(), this.#firstError()]);
      await this.#untilReady();
      this.#isOpened = true;
    } catch (thrown) {
      this.close();
      throw this.#unreachable(thrown);
    }
  }

  command(name: string, args: readonly RedisArgument[], asBytes: boolean): Promise<Reply> {
    if (this.#isReady) return this.#send(name, args, asBytes);
    return this.#untilReady().then(() => this.#send(name, args, asBytes));
  }

  async script(call: ScriptCall): Promise<RedisReply> {
    const { script } = call;
    if (!this.#isReady) await this.#untilReady();
    // Sent whole the first time, so that calls of the same turn find it there, and keep their order.
    const isKnown = this.#known.has(script.sha1);
    this.#known.add(script.sha1);
    try {
      if (!isKnown) return await this.#evaluate('eval', script.lua, call);
      return await this.#evaluate('evalsha', script.sha1, call);
    } catch (thrown) {
      if (!isUnknownScript(thrown)) throw thrown;
      return await this.#evaluate('eval', script.lua, call);
    }
  }

  async everywhere(name: string, args: readonly RedisArgument[]): Promise<readonly RedisReply[]> {
    if (!this.#isReady) await this.#untilReady();
    const servers = 'nodes' in this.#connection ? this.#connection.nodes('master') : [this.#connection];
    const calls = servers.map((server) => server.call(name, ...(args as string[])));
    return (await this.#translated(Promise.all(calls))) as readonly RedisReply[];
  }

  health(): RedisHealth {
    if (this.#isClosed) return { state: 'closed' };
    if (this.#isReady) return { state: 'ready' };
    return { state: 'connecting', ...(this.#lastError !== undefined && { lastError: this.#lastError }) };
  }

  close(): void {
    this.#isClosed = true;
    this.#gate.refuse(this.#closedError());
    this.#connection.disconnect();
  }

  get #isReady(): boolean {
    return this.#connection.status === 'ready' && !this.#isClosed;
  }

  async #untilReady(): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    if (this.#isReady) return;
    const reason = (): string => this.#lastError ?? 'there is no connection';
    await this.#gate.wait(this.#options.connectTimeoutMs, () => awayError(this.#target, reason(), { sent: false }));
  }

  #send(name: string, args: readonly RedisArgument[], asBytes: boolean): Promise<Reply> {
    this.#cork.hold();
    const parts = args as (string | Buffer | number)[];
    const sent = asBytes ? this.#connection.callBuffer(name, ...parts) : this.#connection.call(name, ...parts);
    return this.#translated(sent as Promise<Reply>);
  }

  async #evaluate(how: 'eval' | 'evalsha', text: string, call: ScriptCall): Promise<RedisReply> {
    const { keys, args, replicas } = call;
    const parts = [text, keys.length, ...keys, ...args];
    if (replicas === undefined) return (await this.#send(how, parts, false)) as RedisReply;
    return await this.#confirmed(how, parts, replicas);
  }

  /** The script and the wait for replicas go one behind the other on the same connection. */
  async #confirmed(how: string, parts: readonly RedisArgument[], replicas: ReplicaWait): Promise<RedisReply> {
    const pipeline = this.#connection.pipeline();
    pipeline.call(how, ...(parts as string[]));
    pipeline.call('wait', replicas.count, replicas.timeoutMs);
    const [ran, waited] = (await this.#translated(pipeline.exec())) ?? [];
    if (ran?.[0]) throw this.#failed(ran[0]);
    if (waited?.[0]) throw this.#failed(waited[0]);
    const confirmed = Number(waited?.[1]);
    if (confirmed >= replicas.count) return ran?.[1] as RedisReply;
    const reason = `${confirmed} of ${replicas.count} replicas have confirmed the change in ${replicas.timeoutMs} ms`;
    throw awayError(this.#target, reason, { sent: true });
  }

  async #translated<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): ParleyError {
    if (this.#isClosed) return this.#closedError();
    const error = fromRedisError(thrown, this.#target);
    // The library looks for the masters by itself only every few seconds.
    if (error.code === 'UNAVAILABLE' && 'refreshSlotsCache' in this.#connection) this.#connection.refreshSlotsCache();
    return error;
  }

  #open(): void {
    this.#known.clear();
    if (this.#lastError !== undefined) this.#options.logger.info('Redis is there again.', { redis: this.#target });
    this.#lastError = undefined;
    this.#gate.open();
  }

  #note(error: Error): void {
    const reason = lastCause(error);
    if (this.#lastError === undefined && this.#isOpened) {
      this.#options.logger.warn('Redis cannot be reached; the connection is tried again.', {
        redis: this.#target,
        reason,
      });
    }
    this.#lastError = reason;
  }

  #firstError(): Promise<never> {
    return new Promise((_, reject) => {
      this.#connection.once('error', (error: Error) => reject(error));
    });
  }

  #unreachable(thrown: unknown): ParleyError {
    const error = fromRedisError(thrown, this.#target);
    if (error.code === 'CONFIG_INVALID') return error;
    const reason = this.#lastError ?? (thrown instanceof Error ? thrown.message : String(thrown));
    const message = `Redis at ${this.#target} cannot be reached: ${reason}. Start it, or correct its address.`;
    return new ParleyError('UNREACHABLE', message, { cause: thrown });
  }

  #closedError(): ParleyError {
    return new ParleyError('STORE_CLOSED', `The connection to Redis at ${this.#target} is closed.`);
  }
}

function isUnknownScript(thrown: unknown): boolean {
  return thrown instanceof ParleyError && thrown.cause instanceof Error && thrown.cause.message.startsWith('NOSCRIPT');
}

/** A cluster says only that nobody answered; why is in what its last server said. */
function lastCause(error: Error & { lastNodeError?: Error }): string {
  return (error.lastNodeError ?? error).message || String(error);
}
