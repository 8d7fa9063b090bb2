import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../scripts/services/free-port.ts';
import { askRedis, startRedisServer } from '../../scripts/services/redis.ts';
import { waitUntil } from './wait-until.ts';

/** What ends with the test: `TestContext`, or anything with hooks like it. */
interface Scope {
  after(run: () => Promise<void>): void;
}

/** A real server, stopped and removed when the test ends. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Ends it in order; its data stays. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nobody answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and data; one that runs is stopped before. */
  restart(): Promise<void>;
}

export interface TestRedisOptions {
  /** As in redis.conf; by default every change is logged to disk. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface StartOptions extends TestRedisOptions {
  /** Lines of its file, when it is a sentinel. */
  readonly sentinelSettings?: readonly string[];
}

/** A server of its own for one test. */
export async function startRedis(scope: Scope, options: TestRedisOptions = {}): Promise<TestRedis> {
  const [port = 0] = await freePorts(1);
  return await startOn(scope, port, options);
}

/** Three masters, each with a replica when asked for. */
export interface TestRedisCluster {
  /** `redis+cluster://…` */
  readonly url: string;
  readonly masters: readonly TestRedis[];
  readonly replicas: readonly TestRedis[];
}

const slotCount = 16_384;
const masterCount = 3;
/** The cluster's own port is the ordinary one + 10,000. */
const clusterPortLimit = 55_000;

/** A cluster of its own for one test, ready when this resolves. */
export async function startRedisCluster(
  scope: Scope,
  options: TestRedisOptions & { readonly replicas?: boolean } = {},
): Promise<TestRedisCluster> {
  const { replicas: wantsReplicas = false } = options;
  const ports = await freePorts(wantsReplicas ? 2 * masterCount : masterCount, clusterPortLimit);
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', ...options.settings };
  const servers = await Promise.all(ports.map((port) => startOn(scope, port, { settings })));
  const masters = servers.slice(0, masterCount);
  const replicas = servers.slice(masterCount);
  await joinCluster(masters, servers);
  await Promise.all(replicas.map((replica, index) => follow(replica, masters[index])));
  await waitUntil('the cluster is whole', () => isWhole(servers));
  return { url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`, masters, replicas };
}

/** A master, its replica, and a sentinel that watches both. */
export interface TestSentinel {
  /** `redis+sentinel://…/main` */
  readonly url: string;
  readonly master: TestRedis;
}

/** One sentinel, which is its own majority, as soon as it knows the replica. */
export async function startRedisSentinel(scope: Scope): Promise<TestSentinel> {
  const master = await startRedis(scope);
  const replica = await startRedis(scope, { settings: { replicaof: `127.0.0.1 ${master.port}` } });
  await waitUntil('the replica follows', async () =>
    (await ask(replica.port, 'INFO replication')).includes('master_link_status:up'),
  );
  const [port = 0] = await freePorts(1);
  const watch = `sentinel monitor main 127.0.0.1 ${master.port} 1`;
  const sentinelSettings = [watch, 'sentinel down-after-milliseconds main 500', 'sentinel failover-timeout main 5000'];
  await startOn(scope, port, { sentinelSettings });
  await waitUntil('the sentinel knows the replica', async () =>
    (await ask(port, 'INFO sentinel')).includes('slaves=1'),
  );
  return { url: `redis+sentinel://127.0.0.1:${port}/main`, master };
}

async function startOn(scope: Scope, port: number, options: StartOptions): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  const { settings = {}, sentinelSettings } = options;
  const sentinelFile = join(folder, 'sentinel.conf');
  if (sentinelSettings) writeFileSync(sentinelFile, `${sentinelSettings.join('\n')}\n`);
  const start = (): Promise<ChildProcess> =>
    startRedisServer({ folder, port, settings, ...(sentinelSettings && { sentinelFile }) });
  let server = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  scope.after(async () => {
    await end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async restart() {
      await end('SIGTERM');
      server = await start();
    },
  };
}

/** Gives each master a third of the slots, and makes all servers know one another. */
async function joinCluster(masters: readonly TestRedis[], servers: readonly TestRedis[]): Promise<void> {
  const share = Math.ceil(slotCount / masters.length);
  for (const [index, { port }] of masters.entries()) {
    const last = Math.min(slotCount, (index + 1) * share) - 1;
    await ask(port, `CLUSTER ADDSLOTSRANGE ${index * share} ${last}`);
    await ask(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
  }
  for (const { port } of servers.slice(1)) await ask(port, `CLUSTER MEET 127.0.0.1 ${servers[0]?.port}`);
}

async function follow(replica: TestRedis, master: TestRedis | undefined): Promise<void> {
  const id = (await ask(master?.port ?? 0, 'CLUSTER MYID')).split('\r\n')[1];
  await waitUntil('the replica follows its master', async () => {
    const answer = await askRedis(replica.port, `CLUSTER REPLICATE ${id}`);
    return answer.startsWith('+OK');
  });
}

async function isWhole(servers: readonly TestRedis[]): Promise<boolean> {
  const states = await Promise.all(servers.map(({ port }) => ask(port, 'CLUSTER INFO')));
  const replicas = await Promise.all(servers.slice(masterCount).map(({ port }) => ask(port, 'INFO replication')));
  return (
    states.every((state) => state.includes('cluster_state:ok')) &&
    states.every((state) => state.includes(`cluster_known_nodes:${servers.length}\r`)) &&
    replicas.every((replica) => replica.includes('master_link_status:up'))
  );
}

async function ask(port: number, line: string): Promise<string> {
  const answer = await askRedis(port, line);
  if (answer.startsWith('-')) throw new Error(`${line}: ${answer}`);
  return answer;
}
