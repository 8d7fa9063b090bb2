import { openRedis, type RedisClient } from '../../src/drivers/redis/index.ts';
import type { TestRedisCluster } from './redis-server.ts';

const keysAtATime = 5;

/**
 * Moves the slot of a key to another master, as an operator's tools do: a few keys at a time, while everybody goes on. `between`
 * runs after each few. Resolves when all servers know.
 */
export async function moveSlot(
  { masters }: TestRedisCluster,
  key: string,
  between: () => Promise<unknown>,
): Promise<void> {
  const servers = await Promise.all(masters.map(({ url }) => openRedis({ url })));
  const ids = await Promise.all(servers.map(async (server) => String(await server.command('cluster', 'myid'))));
  const slot = Number(await servers[0]?.command('cluster', 'keyslot', key));
  const from = await ownerOf(servers, slot);
  const to = (from + 1) % servers.length;
  const [source, target] = [servers[from], servers[to]];
  const port = masters[to]?.port ?? 0;
  await target?.command('cluster', 'setslot', slot, 'importing', ids[from] ?? '');
  await source?.command('cluster', 'setslot', slot, 'migrating', ids[to] ?? '');
  while (true) {
    const keys = (await source?.command('cluster', 'getkeysinslot', slot, keysAtATime)) as readonly string[];
    if (keys.length === 0) break;
    await source?.command('migrate', '127.0.0.1', port, '', 0, 5_000, 'keys', ...keys);
    await between();
  }
  for (const server of [target, source, ...servers])
    await server?.command('cluster', 'setslot', slot, 'node', ids[to] ?? '');
  await Promise.all(servers.map((server) => server.close()));
}

/** The number of the master that has the slot. */
async function ownerOf(servers: readonly RedisClient[], slot: number): Promise<number> {
  for (const [index, server] of servers.entries()) {
    const nodes = String(await server.command('cluster', 'nodes'));
    const [line = ''] = nodes.split('\n').filter((text) => text.includes('myself'));
    const ranges = line
      .split(' ')
      .slice(8)
      .map((range) => range.split('-').map(Number));
    if (ranges.some(([first = 0, last = first]) => slot >= first && slot <= last)) return index;
  }
  throw new Error(`No master has slot ${slot}.`);
}
