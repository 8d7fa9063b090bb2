import { createBlocking } from './blocking.ts';
import { type Connection, createConnection } from './connect.ts';
import type { RedisBlocking, RedisBytesReply, RedisClient, RedisReply } from './port.ts';
import { RedisConnection } from './redis-connection.ts';
import { type RedisOptions, type ResolvedRedisOptions, resolveRedisOptions } from './redis-options.ts';
import { formatRedisTarget, parseRedisTarget, type RedisTarget } from './redis-target.ts';
import { Subscriber } from './subscriber.ts';

/** Connects; UNREACHABLE when nobody answers in time, CONFIG_INVALID for an address or credentials that are wrong. */
export async function openRedis(options: RedisOptions): Promise<RedisClient> {
  const target = parseRedisTarget(options.url);
  const resolved = resolveRedisOptions(options);
  const main = await createConnection(target, resolved);
  const connection = new RedisConnection(main, formatRedisTarget(target), resolved);
  await connection.open();
  return createClient({ target, options: resolved, main, connection });
}

interface ClientParts {
  readonly target: RedisTarget;
  readonly options: ResolvedRedisOptions;
  readonly main: Connection;
  readonly connection: RedisConnection;
}

function createClient({ target, options, main, connection }: ClientParts): RedisClient {
  const name = formatRedisTarget(target);
  const blocking = new Set<RedisBlocking>();
  const subscriber = new Subscriber({ connect: () => createConnection(target, options, listeningUse(main)) });

  function openBlocking(): RedisBlocking {
    const opened = createBlocking({
      connect: () => createConnection(target, options, { blocking: true }),
      target: name,
      options,
      onClose: () => blocking.delete(opened),
    });
    blocking.add(opened);
    return opened;
  }

  return {
    target: name,
    command: (command, ...args) => connection.command(command, args, false) as Promise<RedisReply>,
    bytes: (command, ...args) => connection.command(command, args, true) as Promise<RedisBytesReply>,
    script: (call) => connection.script(call),
    subscribe: (channel, listener) => subscriber.subscribe(channel, listener),
    onGap: (listener) => subscriber.onGap(listener),
    openBlocking,
    everywhere: (command, ...args) => connection.everywhere(command, args),
    health: () => connection.health(),
    close() {
      for (const opened of [...blocking]) opened.close();
      subscriber.close();
      connection.close();
      return Promise.resolve();
    },
  };
}

/** Every server of a cluster hears all messages: any of them will do. */
function listeningUse(main: Connection): { once: true; address?: { host: string; port: number } } {
  const servers = 'nodes' in main ? main.nodes('master') : [];
  const { host, port } = servers[Math.floor(Math.random() * servers.length)]?.options ?? {};
  return { once: true, ...(host !== undefined && port !== undefined && { address: { host, port } }) };
}
