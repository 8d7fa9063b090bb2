import { type Clock, type Component, createId, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import type { GroupSubscriber, Log, LogRecord } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Breakers } from '../../resilience/index.ts';
import type { DerivedSigningKey, ParsedKey } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import type { PartyKeys, TaskService } from '../../tasks/index.ts';
import { marketAgentId } from '../collections.ts';
import { agedPriority } from '../policies/priority.ts';
import type {
  Market,
  MarketAgentStatus,
  MarketRequest,
  Negotiation,
  NegotiationPage,
  NegotiationQuery,
  NegotiationThread,
} from '../port.ts';
import { hasEnded } from '../thread/view-negotiation.ts';
import { describeAgent } from './agent-status.ts';
import { beginNegotiation } from './begin-negotiation.ts';
import { createRequest } from './create-request.ts';
import { createDecideRoles } from './decide-roles.ts';
import { Engine } from './engine.ts';
import { Executions } from './executions.ts';
import { followNegotiation } from './follow-negotiation.ts';
import { LogWatch } from './log-watch.ts';
import { MarketGroups } from './market-groups.ts';
import { MarketSeat } from './market-seat.ts';
import type { MarketSettings } from './market-settings.ts';
import { createMarketWire, type MarketWire } from './market-wire.ts';
import type { NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { NegotiationList } from './negotiation-list.ts';
import { OtherProviders } from './other-providers.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { ProviderHistories } from './provider-histories.ts';
import { RoleBook } from './role-book.ts';
import { toThreadView, toView } from './to-view.ts';
import { Wakes } from './wakes.ts';

export interface MarketOptions {
  readonly settings: MarketSettings;
  readonly store: Store;
  /** No other node uses the store. */
  readonly isAlone: boolean;
  /** Opened when the market starts; may fail, and is asked again. */
  readonly log: () => Promise<Log>;
  readonly subscribe: GroupSubscriber;
  readonly schemas: () => Promise<SchemaRegistry>;
  readonly registry: Registry;
  readonly breakers: Pick<Breakers, 'refusal'>;
  readonly tasks: Pick<TaskService, 'stream' | 'get' | 'cancel'>;
  /** The keys of those whose contents are sealed in the log. */
  readonly parties: Pick<PartyKeys, 'of' | 'find'>;
  /** What this fabric signs its agents' records with, and those of others are verified with. By agent id. */
  readonly keys: {
    readonly own: DerivedSigningKey;
    readonly trusted: ReadonlyMap<string, readonly ParsedKey[]>;
  };
  /** Where records lie and what judges them, for those who ask for the status; without secrets. */
  readonly addresses: { readonly log: string; readonly schemaRegistry: string | undefined };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** The market of one node. It starts without its log, too, and publishes what was asked for when that is there. */
export class RunningMarket implements Market, Component {
  readonly name = 'market';
  readonly #options: MarketOptions;
  readonly #engine: Engine;
  readonly #executions: Executions;
  readonly #seat: MarketSeat;
  readonly #outbox: Outbox;
  readonly #wakes: Wakes;
  readonly #book: RoleBook;
  readonly #histories: ProviderHistories;
  readonly #others: OtherProviders;
  readonly #list: NegotiationList;
  readonly #wire: MarketWire;
  readonly #groups: MarketGroups;
  readonly #watch: LogWatch;
  readonly #stopped = new AbortController();

  constructor(options: MarketOptions) {
    this.#options = options;
    const { settings, store, clock, logger, registry, breakers } = options;
    const { roles, goneMs, maxOpen } = settings;
    this.#book = new RoleBook({ registry, breakers, roles, ownAgentId: marketAgentId, goneMs, clock });
    this.#others = new OtherProviders(clock);
    this.#histories = new ProviderHistories({ store, clock });
    this.#wire = this.#createWire();
    this.#watch = this.#createWatch();
    this.#outbox = this.#createOutbox();
    this.#seat = this.#createSeat();
    this.#executions = this.#createExecutions();
    this.#engine = this.#createEngine();
    this.#wakes = new Wakes({ store, clock, logger, wake: (taskId, isFresh) => this.#look(taskId, isFresh) });
    this.#list = new NegotiationList({ store, clock, maxOpen, read: (taskId) => this.#engine.read(taskId) });
    this.#groups = this.#createGroups();
  }

  async start(): Promise<void> {
    this.#book.start(() => {
      this.#executions.fill();
      this.#wakes.wakeAll();
    });
    await this.#seat.start();
    this.#wakes.start();
    this.#groups.start();
    void this.#watch.ask();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new ParleyError('CANCELED', 'The node stops.'));
    this.#book.stop();
    await this.#watch.stop();
    await this.#wakes.stop();
    await this.#executions.stop();
    await this.#seat.stop();
    await this.#groups.close();
    await this.#outbox.drain();
  }

  async request(asked: MarketRequest): Promise<Negotiation> {
    const { settings, parties, clock } = this.#options;
    const defaults = { ...settings, requesterId: marketAgentId };
    const checked = createRequest({ taskId: createId(), ...asked }, defaults, clock.now());
    const { taskId, requesterId } = checked.value;
    this.#requireRequester(requesterId);
    await this.#list.admit();
    const sealedWith = settings.sealed ? (await parties.of(checked.plan.party)).id : undefined;
    // Its times count from when it is committed, however long that took to come about.
    const state = await this.#engine.add(taskId, (before) =>
      beginNegotiation(before, createRequest({ ...asked, taskId }, defaults, clock.now()), {
        ...asked,
        sealedWith,
      }),
    );
    return toView(state);
  }

  list(query: NegotiationQuery): Promise<NegotiationPage> {
    return this.#list.list(query);
  }

  async show(taskId: string): Promise<NegotiationThread> {
    return toThreadView(await this.#require(taskId));
  }

  async *follow(taskId: string, signal: AbortSignal): AsyncGenerator<Negotiation> {
    yield* followNegotiation(this.#options.store, await this.#require(taskId), signal);
  }

  async withdraw(taskId: string, reason?: string): Promise<Negotiation> {
    const { plan } = await this.#require(taskId);
    if (plan === undefined) {
      throw new ParleyError(
        'PERMISSION_DENIED',
        `Negotiation ${taskId} is not of this fabric: its requester withdraws it.`,
      );
    }
    const state = await this.#engine.add(taskId, (before): readonly NegotiationEvent[] => {
      if (hasEnded(before.negotiation)) {
        throw new ParleyError('CONFLICT', `Negotiation ${taskId} has ended (${before.negotiation.phase}).`);
      }
      return before.withdrawal === undefined ? [{ type: 'withdrawal', reason: reason ?? null }] : [];
    });
    return toView(state);
  }

  async statusOf(agentId: string): Promise<MarketAgentStatus> {
    const agent = this.#book.find(agentId);
    if (agent?.isHere !== true) {
      throw new ParleyError('NOT_FOUND', `${agentId} has no role in the market of this node.`);
    }
    return describeAgent(agent, await this.#statusParts());
  }

  async agents(): Promise<readonly MarketAgentStatus[]> {
    const parts = await this.#statusParts();
    return this.#book.agents().flatMap((agent) => (agent.isHere ? [describeAgent(agent, parts)] : []));
  }

  async #statusParts(): Promise<Parameters<typeof describeAgent>[1]> {
    const { addresses, keys } = this.#options;
    return {
      ...{ open: await this.#list.open(), executions: this.#executions, addresses },
      signingKey: keys.own.publicKey,
      isRunning: this.#groups.isOpen,
    };
  }

  async #require(taskId: string): Promise<NegotiationState> {
    const state = await this.#engine.read(taskId);
    if (state.version > 0) return state;
    throw new ParleyError('NOT_FOUND', `There is no negotiation ${taskId} here.`, { details: { taskId } });
  }

  #requireRequester(agentId: string): void {
    if (this.#book.find(agentId)?.roles.requester !== undefined) return;
    const message = `${agentId} is no requester here. Give it the role in its agent.yaml or in market.roles, or leave it out.`;
    throw new ParleyError('NOT_FOUND', message, { details: { agentId } });
  }

  async #observe(record: LogRecord): Promise<void> {
    this.#options.telemetry.count('parley_market_records_total', { topic: record.topic, direction: 'in' });
    await this.#engine.observe(await this.#wire.read(record, this.#stopped.signal));
  }

  /** Whether the time is up depends on whether the log is there. */
  async #look(taskId: string, isFresh: boolean): Promise<void> {
    await this.#watch.ask();
    await this.#engine.look(taskId, { isFresh });
  }

  /** When the log is back, what waits to be published is not late. */
  #createWatch(): LogWatch {
    const { log, clock } = this.#options;
    return new LogWatch({ check: async () => (await log()).check(), onBack: () => this.#wakes.wakeAll(), clock });
  }

  #createOutbox(): Outbox {
    const { log, logger, telemetry } = this.#options;
    const encode: OutboxOptions['encode'] = (record) => this.#wire.encode(record);
    const onTried = (wasTaken: boolean): void => (wasTaken ? this.#watch.heard() : void this.#watch.ask());
    return new Outbox({ log, encode, onTried, logger, telemetry });
  }

  #createGroups(): MarketGroups {
    const { log, subscribe, store, clock, logger } = this.#options;
    const handle = (record: LogRecord): Promise<void> => this.#observe(record);
    return new MarketGroups({ log, subscribe, store, handle, clock, logger, signal: this.#stopped.signal });
  }

  #createEngine(): Engine {
    const { settings, store, clock, telemetry } = this.#options;
    return new Engine({
      ...{ store, clock, telemetry, keepMs: settings.keepMs, watchMs: settings.leaseMs / 2 },
      decide: createDecideRoles({
        ...{ book: this.#book, times: settings.times, policy: settings.policy },
        log: () => this.#watch.sight,
        otherProviders: () => this.#others.ids(),
        historyOf: (providerId) => this.#histories.of(providerId),
        isFull: () => this.#executions.isFull,
        workingFence: (taskId, agentId) => this.#executions.workingFence(taskId, agentId),
      }),
      publish: (records) => this.#outbox.send(records),
      patienceMs: () => this.#outbox.patienceMs,
      setWake: (taskId, atMs) => this.#wakes.set(taskId, atMs),
      onState: (state, actions) => {
        this.#histories.note(state.negotiation);
        this.#others.note(state);
        this.#executions.consider(state, actions);
      },
    });
  }

  #createSeat(): MarketSeat {
    const { settings, store, isAlone, clock, logger } = this.#options;
    const lost = new ParleyError('FENCED', 'The node was not heard of for too long; another one has its awards.');
    const onLost = (): void => this.#executions.abandon(lost);
    return new MarketSeat({ store, isAlone, leaseMs: settings.leaseMs, onLost, clock, logger });
  }

  #createExecutions(): Executions {
    const { settings, tasks, clock, logger, telemetry } = this.#options;
    const { progressMs, heartbeatMs, maxInputBytes, ageingMs } = settings;
    return new Executions({
      ...{ tasks, clock, logger, telemetry, progressMs, heartbeatMs, book: this.#book, seat: this.#seat },
      ...{ engine: () => this.#engine, maxResultBytes: maxInputBytes },
      rank: (action, nowMs) => -agedPriority(action, nowMs, ageingMs),
      onFull: (isFull) => this.#hold(isFull),
    });
  }

  /** Executors that take no more hold back awards; when they take some again, providers bid for what was put out meanwhile. */
  #hold(isFull: boolean): void {
    this.#groups.hold(isFull);
    if (!isFull) this.#wakes.wakeAll();
  }

  #createWire(): MarketWire {
    const { settings, keys, schemas, parties, clock } = this.#options;
    const { wire, requireSigned } = settings;
    const keysOf = (agentId: string): readonly ParsedKey[] => {
      const trusted = keys.trusted.get(agentId);
      if (trusted !== undefined) return trusted;
      return this.#book.find(agentId) || this.#book.hasKnown(agentId) ? [keys.own.open] : [];
    };
    const secret = keys.own.secret;
    return createMarketWire({ schemas, wire, requireSigned, keysOf, clock, secret, contents: parties });
  }
}
