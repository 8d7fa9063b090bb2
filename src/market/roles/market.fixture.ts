import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionEvent, Invocation, MarketRoles } from '../../agents/index.ts';
import { ParleyError, silentLogger, silentTelemetry, systemClock } from '../../base/index.ts';
import { type Log, subscribe } from '../../log/index.ts';
import { createEmbeddedRegistry } from '../../log/schema/index.ts';
import { openSqliteLog } from '../../log/sqlite/index.ts';
import { createRegistry, type Registry } from '../../registry/index.ts';
import { type Breakers, deadLetterCollections } from '../../resilience/index.ts';
import {
  createCallTokens,
  createChainsInFlight,
  createEs256Key,
  createSealer,
  createWebhookSigner,
  deriveSigningKey,
} from '../../security/index.ts';
import { openFolderBlobs } from '../../store/blobs/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import {
  blobUseCollection,
  createTaskService,
  defaultTaskSettings,
  idempotencyCollection,
  PartyKeys,
  type RunningTaskService,
  taskCollection,
  taskCollectionSchema,
  webhookCollection,
  webhookCollectionSchema,
} from '../../tasks/index.ts';
import { createCallResilience } from '../../testing/index.ts';
import { marketCollections } from '../collections.ts';
import type { Negotiation } from '../port.ts';
import { defaultMarketSettings, type MarketSettings } from './market-settings.ts';
import { RunningMarket } from './running-market.ts';

/** A market on a store and a log of its own, with agents that are functions. */
export interface MarketBench {
  readonly market: RunningMarket;
  readonly registry: Registry;
  readonly store: Store;
  readonly log: Log;
  readonly tasks: RunningTaskService;
  readonly breakers: Breakers;
  close(): Promise<void>;
}

export interface MarketBenchOptions {
  /** Default: a new one, which is gone after the test. */
  readonly folder?: string;
  /** Default: one of its own in the folder. */
  readonly log?: Log;
  readonly settings?: Partial<MarketSettings>;
  /** Of the fabric, with which keys of parties are sealed. Default: the same for all. */
  readonly secret?: string;
  /** It cannot be opened. */
  readonly isLogAway?: boolean;
  /** Takes the records that nobody acts on; without it such a record holds up its key. */
  readonly onRefused?: (error: ParleyError) => void;
}

export type Work = (invocation: Invocation) => AsyncIterable<ExecutionEvent>;

/** Nobody sets a webhook here. */
const push = {
  transport: { checkUrl: () => {}, post: async () => 204 },
  signer: createWebhookSigner(createEs256Key(), () => 'http://fabric.test'),
  sealer: createSealer('k'.repeat(43)),
  retry: { maxAttempts: 1, firstDelayMs: 1, maxDelayMs: 1 },
  timeoutMs: 1_000,
};
const cleanups: (() => Promise<void>)[] = [];
const keys = { own: deriveSigningKey('k'.repeat(43), 'market') };

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Opens all of it; what a test does not close is closed after it. */
export async function openMarket(options: MarketBenchOptions = {}): Promise<MarketBench> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'parley-market-'));
  const store = await openStore(folder);
  const ownLog = options.log === undefined ? await openSqliteLog({ file: join(folder, 'log.sqlite') }) : undefined;
  const log = options.log ?? (ownLog as Log);
  const registry = createRegistry();
  const { tasks, breakers } = await openTasks(store, registry, folder);
  const refuse = (error: ParleyError): void => {
    if (options.onRefused === undefined) throw error;
    options.onRefused(error);
  };
  const market = new RunningMarket({
    settings: { ...defaultMarketSettings, ...options.settings },
    ...{
      store,
      registry,
      breakers,
      tasks,
      log: () => (options.isLogAway === true ? Promise.reject(away()) : Promise.resolve(log)),
    },
    subscribe: (group) => subscribe({ ...group, log, onExhausted: async ({ error }) => refuse(error) }),
    schemas: async () => createEmbeddedRegistry(storageOf(store)),
    parties: new PartyKeys({ log: async () => log, key: options.secret ?? 'k'.repeat(43), clock: systemClock }),
    isAlone: true,
    keys: { ...keys, trusted: new Map() },
    addresses: { log: 'log.sqlite', schemaRegistry: undefined },
    ...{ clock: systemClock, logger: silentLogger, telemetry: silentTelemetry },
  });
  await tasks.start();
  await market.start();
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await market.stop();
    await tasks.stop(AbortSignal.abort());
    await ownLog?.close();
    await store.close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const bench: MarketBench = {
    ...{ market, registry, store, log, tasks, breakers },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
  cleanups.push(() => bench.close());
  return bench;
}

function openStore(folder: string): Promise<Store> {
  const collections = {
    [taskCollection]: taskCollectionSchema(1_000),
    [idempotencyCollection]: { indexes: [] },
    [blobUseCollection]: { indexes: [] },
    [webhookCollection]: webhookCollectionSchema,
    ...marketCollections(10_000),
    ...deadLetterCollections(1_000),
  };
  return openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections } });
}

async function openTasks(
  store: Store,
  registry: Registry,
  folder: string,
): Promise<{
  readonly tasks: RunningTaskService;
  readonly breakers: ReturnType<typeof createCallResilience>['breakers'];
}> {
  const resilience = createCallResilience(systemClock);
  const tasks = createTaskService({
    ...{ store, registry, resilience, chains: createChainsInFlight(), settings: defaultTaskSettings },
    ...{
      blobs: await openFolderBlobs({ folder: join(folder, 'blobs') }),
      callTokens: createCallTokens('k'.repeat(43)),
    },
    ...{ push, clock: systemClock, logger: silentLogger, telemetry: silentTelemetry },
  });
  return { tasks, breakers: resilience.breakers };
}

function storageOf(store: Store): Parameters<typeof createEmbeddedRegistry>[0] {
  const [kind, key] = ['schema-registry', '_schemas'];
  return {
    read: async (after) => (await store.read(kind, key, after)).map(({ event }) => event),
    append: (after, events) => store.commit({ key, append: { kind, expectedVersion: after, events } }),
  };
}

/** Announces an agent with these roles that does `work`, a result with its own name by default. */
export function announce(registry: Registry, agentId: string, market: MarketRoles, work: Work = doneBy(agentId)): void {
  const skill = { id: 'do', name: 'do', description: '', tags: [], idempotent: false, private: false, timeouts: {} };
  registry.announce({
    ...{ id: `${agentId}-1`, agentId, executor: { execute: work }, capacity: 100, status: 'healthy' },
    record: {
      ...{ id: agentId, name: agentId, description: '', version: '1.0.0', packageId: '', skills: [skill] },
      ...{ defaultSkill: 'do', inputModes: [], outputModes: [], private: false, market },
    },
  });
}

function away(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The log is away.');
}

/** Resolves when `holds` does; rejects when it does not within 20 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`Waited 20 s, but not: ${what}.`);
    await delay(10);
  }
}

/** Work that is done at once. */
export function doneBy(agentId: string): Work {
  return async function* done() {
    const artifact = { artifactId: 'r', parts: [{ text: `by ${agentId}` }] };
    yield { kind: 'artifact', artifact, append: false, lastChunk: true };
    yield { kind: 'end', state: 'completed' };
  };
}

/** The negotiation when it has ended. */
export async function ended({ market }: Pick<MarketBench, 'market'>, taskId: string): Promise<Negotiation> {
  let last: Negotiation | undefined;
  for await (const negotiation of market.follow(taskId, AbortSignal.timeout(30_000))) last = negotiation;
  if (last === undefined) throw new Error(`${taskId} was not seen.`);
  return last;
}
