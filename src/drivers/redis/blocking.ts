import type { Connection } from './connect.ts';
import type { RedisArgument, RedisBlocking, RedisReply } from './port.ts';
import { RedisConnection } from './redis-connection.ts';
import type { ResolvedRedisOptions } from './redis-options.ts';

export interface BlockingOptions {
  readonly connect: () => Promise<Connection>;
  readonly target: string;
  readonly options: ResolvedRedisOptions;
  readonly onClose: () => void;
}

/** A connection for commands that wait; one that was called off is replaced with the next command. */
export function createBlocking({ connect, target, options, onClose }: BlockingOptions): RedisBlocking {
  let current: RedisConnection | undefined;
  const drop = (): void => {
    current?.close();
    current = undefined;
  };

  async function open(): Promise<RedisConnection> {
    const connection = new RedisConnection(await connect(), target, options);
    await connection.open();
    return connection;
  }

  async function run(signal: AbortSignal, name: string, ...args: readonly RedisArgument[]): Promise<RedisReply> {
    signal.throwIfAborted();
    current ??= await open();
    signal.throwIfAborted();
    signal.addEventListener('abort', drop, { once: true });
    try {
      return (await current.command(name, args, false)) as RedisReply;
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', drop);
    }
  }

  return {
    run,
    close() {
      drop();
      onClose();
    },
  };
}
