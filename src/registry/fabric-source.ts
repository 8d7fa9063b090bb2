import { createHash } from 'node:crypto';
import type { AgentExecutor } from '../agents/index.ts';
import { type Clock, type Component, type Logger, ParleyError } from '../base/index.ts';
import type { CollectionSchema, Commit, Fence, Store } from '../store/index.ts';
import type { Endpoint, Registry } from './port.ts';
import {
  type FabricNode,
  type NodeHead,
  type PublishedEndpoint,
  parseEdition,
  parseHead,
  selectPublished,
} from './published-endpoints.ts';

const headCollection = 'endpoint-heads';
const endpointCollection = 'endpoints';

/** The collections that a fabric's nodes publish their endpoints in, as the store must know them. */
export const fabricSourceCollections: Readonly<Record<string, CollectionSchema>> = {
  [headCollection]: { indexes: ['all'] },
  [endpointCollection]: { indexes: [] },
};

export interface FabricSourceOptions {
  readonly store: Pick<Store, 'commit' | 'find' | 'get'>;
  readonly registry: Registry;
  readonly node: FabricNode;
  /** What a node publishes counts for so long after it was last published; that happens three times within it. */
  readonly leaseMs: number;
  /** The node's own lease: with it, who has lost it publishes nothing more. */
  readonly fence?: () => Fence | undefined;
  /** Ids of endpoints that every node has for itself, such as the fabric's own agent. */
  readonly except?: readonly string[];
  /** How often the other nodes' endpoints are looked at. Default 1,000. */
  readonly pollMs?: number;
  /** Hands calls of that endpoint to the node that runs it. */
  readonly createNodeExecutor: (node: FabricNode, endpoint: PublishedEndpoint) => AgentExecutor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Endpoints shared among the nodes of one store. */
export interface FabricSource extends Component {
  /** Publishes and looks now: for who knows that something has changed. */
  wake(): Promise<void>;
  /** The nodes whose endpoints are known, but for this one. */
  nodes(): readonly FabricNode[];
}

/**
 * Publishes what this node runs, for as long as it lives, and announces here what the others run. An endpoint that this node runs
 * itself always wins over the same one elsewhere. While the store cannot be read, what is known stays.
 */
export function createFabricSource(options: FabricSourceOptions): FabricSource {
  return new StoredFabricSource(options);
}

interface KnownNode {
  readonly head: NodeHead;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** What a node said last, and since when it has said nothing else. */
interface Sighting {
  readonly beat: number | undefined;
  readonly sinceMs: number;
}

/** By so much clocks may differ: what is published ends by the clock of who reads it, and calls between nodes go no further either. */
const skewMs = 60_000;
const gatherMs = 20;
const pageSize = 100;

class StoredFabricSource implements FabricSource {
  readonly name = 'endpoints of the fabric';
  readonly #options: FabricSourceOptions;
  readonly #nodes = new Map<string, KnownNode>();
  #seen: ReadonlyMap<string, Sighting> = new Map();
  #lookedAtMs = 0;
  #unwatch = (): void => {};
  #cancelTurn: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();
  #publishedText = '';
  #publishedAtMs = 0;
  #failing = false;
  #stopped = false;

  constructor(options: FabricSourceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unwatch = this.#options.registry.watch((_agentId, change) => {
      if (change === 'endpoints') this.#schedule(gatherMs);
    });
    await this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    this.#cancelTurn?.();
    await this.#turn;
    const { store, node } = this.#options;
    const documents = [{ collection: headCollection }, { collection: endpointCollection }];
    await store.commit(this.#fenced({ key: node.id, documents })).catch(() => {
      // The lease has been lost or the store is away: what is published ends by itself.
    });
  }

  wake(): Promise<void> {
    this.#cancelTurn?.();
    this.#turn = this.#turn.then(() => this.#run());
    return this.#turn;
  }

  nodes(): readonly FabricNode[] {
    return Array.from(this.#nodes.values(), ({ head }) => head.node);
  }

  #schedule(delayMs: number): void {
    this.#cancelTurn?.();
    if (this.#stopped) return;
    this.#cancelTurn = this.#options.clock.schedule(delayMs, () => void this.wake());
  }

  async #run(): Promise<void> {
    if (this.#stopped) return;
    const outcomes = await Promise.allSettled([this.#publish(), this.#follow()]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed && !this.#failing) {
      const error = ParleyError.from(failed.reason).message;
      this.#options.logger.warn('the endpoints of the fabric cannot be shared now', { error });
    }
    this.#failing = failed !== undefined;
    this.#schedule(this.#options.pollMs ?? 1_000);
  }

  /** Writes the endpoints when they have changed, and with them or without them the head, which holds the lease. */
  async #publish(): Promise<void> {
    const { store, registry, node, leaseMs, except = [], clock } = this.#options;
    const text = JSON.stringify(selectPublished(registry.endpoints(), except));
    const changed = text !== this.#publishedText;
    if (!changed && clock.now() - this.#publishedAtMs < leaseMs / 3) return;
    const revision = createHash('sha256').update(text).digest('base64url');
    const beat = clock.now();
    const expiresAtMs = beat + leaseMs + skewMs;
    const head = { collection: headCollection, value: JSON.stringify({ node, revision, beat }), expiresAtMs };
    const edition = {
      collection: endpointCollection,
      value: `{"revision":"${revision}","endpoints":${text}}`,
      expiresAtMs,
    };
    const indexes = { all: { equals: 'all', sort: node.id } };
    await store.commit(this.#fenced({ key: node.id, documents: [{ ...head, indexes }, edition] }));
    this.#publishedText = text;
    this.#publishedAtMs = clock.now();
  }

  #fenced(commit: Commit): Commit {
    const fence = this.#options.fence?.();
    return fence === undefined ? commit : { ...commit, fence };
  }

  async #follow(): Promise<void> {
    const heads = this.#livingOf(await this.#readHeads());
    for (const id of this.#nodes.keys()) if (!heads.has(id)) this.#forget(id);
    for (const [id, head] of heads) {
      const known = this.#nodes.get(id);
      const same = known?.head.revision === head.revision && known.head.node.address === head.node.address;
      if (same) this.#announceAll(known);
      else await this.#learn(head);
    }
  }

  async #readHeads(): Promise<ReadonlyMap<string, NodeHead>> {
    const { store, node } = this.#options;
    const heads = new Map<string, NodeHead>();
    const query = {
      collection: headCollection,
      index: 'all',
      equals: 'all',
      order: 'ascending',
      limit: pageSize,
    } as const;
    let cursor: string | undefined;
    do {
      const page = await store.find({ ...query, ...(cursor !== undefined && { cursor }) });
      for (const { value } of page.documents) {
        const head = parseHead(value);
        if (head && head.node.id !== node.id) heads.set(head.node.id, head);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return heads;
  }

  /** Those that went on saying that they live: for how long one was silent this node's clock alone says, so that no two are compared. */
  #livingOf(heads: ReadonlyMap<string, NodeHead>): ReadonlyMap<string, NodeHead> {
    const { clock, leaseMs } = this.#options;
    const nowMs = clock.now();
    // Who could not look for so long has not seen anybody silent: the store was away, this node stood still, or its clock was set.
    const before = nowMs - this.#lookedAtMs < leaseMs ? this.#seen : new Map<string, Sighting>();
    this.#lookedAtMs = nowMs;
    this.#seen = new Map(Array.from(heads, ([id, { beat }]) => [id, sight(before.get(id), beat, nowMs)]));
    return new Map([...heads].filter(([id]) => nowMs - (this.#seen.get(id)?.sinceMs ?? nowMs) < leaseMs));
  }

  async #learn(head: NodeHead): Promise<void> {
    const stored = await this.#options.store.get(endpointCollection, head.node.id);
    const published = parseEdition(stored?.value, head.revision);
    // Published anew in this moment: the next look finds the new head, too.
    if (published === undefined) return;
    const endpoints = new Map(published.map((one) => [one.id, this.#toEndpoint(head.node, one)]));
    const before = this.#nodes.get(head.node.id);
    const known = { head, endpoints };
    this.#nodes.set(head.node.id, known);
    for (const [id, endpoint] of before?.endpoints ?? []) if (!endpoints.has(id)) this.#withdraw(endpoint);
    this.#announceAll(known);
  }

  #toEndpoint(node: FabricNode, published: PublishedEndpoint): Endpoint {
    const { zone = node.zone } = published;
    const executor = this.#options.createNodeExecutor(node, published);
    return { ...published, executor, node: node.id, ...(zone !== undefined && { zone }) };
  }

  /** Those that are not announced yet: new ones, and such that this node ran itself until now. */
  #announceAll({ endpoints }: KnownNode): void {
    const { registry, logger } = this.#options;
    const here = new Map(registry.endpoints().map((endpoint) => [endpoint.id, endpoint]));
    for (const endpoint of endpoints.values()) {
      const known = here.get(endpoint.id);
      if (known === endpoint || (known && known.node !== endpoint.node)) continue;
      try {
        registry.announce(endpoint);
      } catch (thrown) {
        const error = ParleyError.from(thrown).message;
        logger.warn('an endpoint of another node is not announced here', { endpoint: endpoint.id, error });
      }
    }
  }

  #forget(nodeId: string): void {
    const known = this.#nodes.get(nodeId);
    this.#nodes.delete(nodeId);
    for (const endpoint of known?.endpoints.values() ?? []) this.#withdraw(endpoint);
  }

  /** Unless the id has come to mean another one since. */
  #withdraw({ id, node }: Endpoint): void {
    const { registry } = this.#options;
    const here = registry.endpoints().find((endpoint) => endpoint.id === id);
    if (here !== undefined && here.node === node) registry.withdraw(id);
  }
}

function sight(before: Sighting | undefined, beat: number | undefined, nowMs: number): Sighting {
  return before !== undefined && before.beat === beat ? before : { beat, sinceMs: nowMs };
}
