import { type Clock, type Component, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { Lease, Store } from '../../store/index.ts';
import { type NodeLife, type NodeSeat, nodeLease, type TaskNodeDuties } from '../../tasks/index.ts';
import { isGone, look, type Sightings } from './liveness.ts';
import { listNodes, type NodeDocument, nodeCollection, putNode } from './node-document.ts';
import type { NodeIdentity } from './node-identity.ts';
import { createInboxes, followInbox, type Inboxes, inboxJournal } from './node-inbox.ts';

export interface MembershipOptions {
  readonly store: Store;
  readonly identity: NodeIdentity;
  /** What other nodes are told of this one, once its addresses are known. */
  readonly describe: () => Pick<NodeDocument, 'address' | 'url' | 'zone' | 'version' | 'startedAtMs'>;
  /** So long a node that is silent has its tasks. */
  readonly leaseMs: number;
  /** Has another node do something with a webhook that it tells. */
  readonly order: NodeSeat['order'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A node as the others see it. */
export interface NodeView extends NodeDocument {
  /** `silent`: its heartbeat is late, and it may be dead. */
  readonly state: 'up' | 'silent' | 'left';
  readonly isSelf: boolean;
}

/** Heartbeats per lease: two may be late. */
const beatsPerLease = 3;
/** A start waits so many leases for those who take over what its last run has left. */
const patienceLeases = 6;
const askAgainMs = 200;

/**
 * One node among those that share a store: it holds its lease, says that it lives, hears commands, and takes over what dead nodes
 * leave. When it loses its lease it writes nothing more, says so, and begins anew under the next epoch.
 */
export class Membership implements Component {
  readonly name = 'node membership';
  readonly #options: MembershipOptions;
  readonly #stopped = new AbortController();
  readonly #inboxes: Inboxes;
  readonly #takingOver = new Set<string>();
  readonly #watchers = new Set<(nodes: readonly NodeView[]) => void>();
  #duties: TaskNodeDuties | undefined;
  #following = new AbortController();
  #lease: Lease | undefined;
  #beat = 0;
  #beating: Promise<void> = Promise.resolve();
  #seen: Sightings = new Map();
  #nodes: readonly NodeView[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#inboxes = createInboxes(options);
  }

  get id(): string {
    return this.#options.identity.id;
  }

  /** This node's seat, for its tasks. */
  get seat(): NodeSeat {
    return {
      id: this.id,
      life: () => this.#life(),
      wake: (nodeId, taskId) => this.#wake(nodeId, taskId),
      order: (nodeId, order) => this.#options.order(nodeId, order),
      nodeIds: async () => (await listNodes(this.#options.store)).map(({ id }) => id),
    };
  }

  /** The nodes as this one saw them at its last heartbeat. */
  get nodes(): readonly NodeView[] {
    return this.#nodes;
  }

  /** The node as it was seen last, or, when this one has not seen it yet, as the store knows it now. */
  async find(nodeId: string): Promise<NodeDocument | undefined> {
    const isIt = ({ id }: NodeDocument): boolean => id === nodeId;
    return this.#nodes.find(isIt) ?? (await listNodes(this.#options.store)).find(isIt);
  }

  /** Calls `changed` after each look at the other nodes. Returns how to stop. */
  watch(changed: (nodes: readonly NodeView[]) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Takes the node's lease; waits while another node takes over what an earlier run has left. */
  async start(): Promise<void> {
    const { store, identity } = this.#options;
    await this.#endLastRun();
    this.#lease = await this.#waitForLease();
    await store.commit({ key: identity.id, dropJournal: inboxJournal });
    await this.#say(false);
    await this.#lookAround();
  }

  /** From now on commands are heard and dead nodes' tasks taken: once this node's own tasks are taken up. */
  serve(duties: TaskNodeDuties): void {
    this.#duties = duties;
    this.#follow(duties);
    this.#scheduleBeat();
  }

  /** Leaves: others take what is open at once. */
  async stop(): Promise<void> {
    this.#stopped.abort(new ParleyError('CANCELED', 'The node stops.'));
    await this.#beating;
    if (!this.#lease) return;
    await this.#say(true);
    await this.#lease.release();
    this.#lease = undefined;
  }

  /** From the inbox's beginning: who takes over a node empties its inbox, and its next life is told things there from the first place on. */
  #follow(duties: TaskNodeDuties): void {
    this.#following.abort();
    this.#following = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, this.#following.signal]);
    const attend = (taskId: string): Promise<void> => duties.attend(taskId);
    void followInbox({ ...this.#options, nodeId: this.id, attend, taskIds: () => duties.taskIds(), signal });
  }

  #life(): NodeLife {
    if (this.#lease) return { id: this.id, epoch: this.#lease.epoch };
    const message = `Node ${this.id} has lost its lease and takes no work until it has it again. Try again in a moment.`;
    throw new ParleyError('UNAVAILABLE', message, { retryAfterMs: 1_000 });
  }

  async #wake(nodeId: string, taskId: string): Promise<void> {
    if (nodeId === this.id) await this.#duties?.attend(taskId);
    else await this.#inboxes.put(nodeId, taskId);
  }

  /** The run before is over, whatever its lease says: it gives it back, and the next one has a new epoch. */
  async #endLastRun(): Promise<void> {
    const { store, identity, leaseMs } = this.#options;
    if (identity.previousHolder === undefined) return;
    const old = await store.acquireLease(nodeLease(identity.id), identity.previousHolder, leaseMs);
    await old?.release();
  }

  async #waitForLease(): Promise<Lease> {
    const { store, identity, leaseMs, clock } = this.#options;
    const until = clock.now() + patienceLeases * leaseMs;
    for (;;) {
      const lease = await store.acquireLease(nodeLease(identity.id), identity.holder, leaseMs);
      if (lease) return lease;
      if (clock.now() >= until) throw alreadyThere(identity.id);
      await sleep(clock, askAgainMs, this.#stopped.signal);
    }
  }

  async #say(left: boolean): Promise<void> {
    const { store, describe } = this.#options;
    const { id, epoch } = this.#life();
    this.#beat++;
    const document = putNode({ id, epoch, beat: this.#beat, left, ...describe() });
    await store.commit({ key: id, documents: [document], fence: { lease: nodeLease(id), epoch } });
  }

  #scheduleBeat(): void {
    const { clock, leaseMs } = this.#options;
    clock.schedule(leaseMs / beatsPerLease, () => {
      if (this.#stopped.signal.aborted) return;
      this.#beating = this.#beatOnce().finally(() => this.#scheduleBeat());
    });
  }

  async #beatOnce(): Promise<void> {
    try {
      if (!(await this.#lease?.renew())) await this.#beginAnew();
      await this.#say(false);
      await this.#lookAround();
      for (const { id, isSelf, state } of this.#nodes) if (!isSelf && state !== 'up') void this.#takeOver(id);
    } catch (thrown) {
      // While nobody can be seen, nobody is found dead.
      this.#seen = new Map();
      if (this.#stopped.signal.aborted) return;
      const { message, code } = ParleyError.from(thrown);
      this.#options.logger.warn('the heartbeat of this node failed', { node: this.id, code, error: message });
    }
  }

  /** Others took this node for dead: what it had is theirs, and it goes on as a new one would. */
  async #beginAnew(): Promise<void> {
    const { logger } = this.#options;
    if (this.#lease) {
      this.#lease = undefined;
      const message = `Node ${this.id} has lost its lease: it was silent for too long, and other nodes have its tasks.`;
      logger.error(message, { node: this.id });
      this.#duties?.abandonAll(new ParleyError('FENCED', message));
    }
    this.#lease = await this.#waitForLease();
    logger.warn('this node has its lease again', { node: this.id, epoch: this.#lease.epoch });
    if (this.#duties) this.#follow(this.#duties);
    await this.#duties?.takeOver(this.id);
  }

  async #lookAround(): Promise<void> {
    const { store, clock, leaseMs } = this.#options;
    const nodes = await listNodes(store);
    const nowMs = clock.now();
    this.#seen = look(this.#seen, nodes, nowMs);
    this.#nodes = nodes.map((node) => {
      const isSelf = node.id === this.id;
      const silent = !isSelf && isGone(node, this.#seen, { nowMs, ttlMs: leaseMs });
      return { ...node, isSelf, state: node.left ? 'left' : silent ? 'silent' : 'up' };
    });
    for (const watcher of this.#watchers) watcher(this.#nodes);
  }

  /** Whoever gets the dead node's lease takes its tasks; when that fails, the next heartbeat tries again. */
  async #takeOver(nodeId: string): Promise<void> {
    if (this.#takingOver.has(nodeId) || !this.#duties) return;
    this.#takingOver.add(nodeId);
    const { store, identity, leaseMs, logger } = this.#options;
    const acquire = (): Promise<Lease | undefined> => store.acquireLease(nodeLease(nodeId), identity.holder, leaseMs);
    const lease = await acquire().catch(() => undefined);
    const keep = setInterval(() => void acquire().catch(() => undefined), leaseMs / beatsPerLease);
    try {
      if (!lease) return;
      const tasks = await this.#duties.takeOver(nodeId);
      const fence = { lease: lease.name, epoch: lease.epoch };
      await store.commit({
        key: nodeId,
        documents: [{ collection: nodeCollection }],
        dropJournal: inboxJournal,
        fence,
      });
      logger.warn('this node has taken over what another one left', { node: this.id, from: nodeId, tasks });
    } catch (thrown) {
      const { message, code } = ParleyError.from(thrown);
      logger.error('a dead node could not be taken over yet', { from: nodeId, code, error: message });
    } finally {
      clearInterval(keep);
      await lease?.release().catch(() => {});
      this.#takingOver.delete(nodeId);
    }
  }
}

function alreadyThere(id: string): ParleyError {
  const message = `Another node has the id ${id} and lives. Give this one an id of its own (setting node.id), or remove node.id from its data folder.`;
  return new ParleyError('CONFIG_INVALID', message, { details: { id } });
}
