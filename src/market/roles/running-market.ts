import { type Component, createId, ParleyError } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Breakers } from '../../resilience/index.ts';
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
import { MarketLog, type MarketLogParts } from './market-log.ts';
import { MarketSeat } from './market-seat.ts';
import type { MarketSettings } from './market-settings.ts';
import type { NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { NegotiationList } from './negotiation-list.ts';
import { OtherProviders } from './other-providers.ts';
import { ProviderHistories } from './provider-histories.ts';
import { RoleBook } from './role-book.ts';
import { toThreadView, toView } from './to-view.ts';
import { Wakes } from './wakes.ts';

export interface MarketOptions extends MarketLogParts {
  readonly settings: MarketSettings;
  readonly store: Store;
  /** No other node uses the store. */
  readonly isAlone: boolean;
  readonly registry: Registry;
  readonly breakers: Pick<Breakers, 'refusal'>;
  readonly tasks: Pick<TaskService, 'stream' | 'get' | 'cancel'>;
  /** The keys of those whose contents are sealed in the log. */
  readonly parties: Pick<PartyKeys, 'of' | 'find'>;
  /** Where records lie and what judges them, for those who ask for the status; without secrets. */
  readonly addresses: { readonly log: string; readonly schemaRegistry: string | undefined };
}

/** The market of one node. It starts without its log, too, and publishes what was asked for when that is there. */
export class RunningMarket implements Market, Component {
  readonly name = 'market';
  readonly #options: MarketOptions;
  readonly #engine: Engine;
  readonly #executions: Executions;
  readonly #seat: MarketSeat;
  readonly #log: MarketLog;
  readonly #wakes: Wakes;
  readonly #book: RoleBook;
  readonly #histories: ProviderHistories;
  readonly #others: OtherProviders;
  readonly #list: NegotiationList;

  constructor(options: MarketOptions) {
    this.#options = options;
    const { settings, store, clock, logger, registry, breakers } = options;
    const { roles, goneMs, maxOpen } = settings;
    this.#book = new RoleBook({ registry, breakers, roles, ownAgentId: marketAgentId, goneMs, clock });
    this.#others = new OtherProviders(clock);
    this.#histories = new ProviderHistories({ store, clock });
    this.#log = this.#createLog();
    this.#seat = this.#createSeat();
    this.#executions = this.#createExecutions();
    this.#engine = this.#createEngine();
    this.#wakes = new Wakes({ store, clock, logger, wake: (taskId, isFresh) => this.#look(taskId, isFresh) });
    this.#list = new NegotiationList({ store, clock, maxOpen, read: (taskId) => this.#engine.read(taskId) });
  }

  async start(): Promise<void> {
    this.#book.start(() => {
      this.#executions.fill();
      this.#wakes.wakeAll();
    });
    await this.#seat.start();
    this.#wakes.start();
    this.#log.start();
  }

  async stop(): Promise<void> {
    this.#book.stop();
    await this.#log.stop();
    await this.#wakes.stop();
    await this.#executions.stop();
    await this.#seat.stop();
    await this.#log.close();
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
      isRunning: this.#log.isOpen,
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

  /** Whether the time is up depends on whether the log is there. */
  async #look(taskId: string, isFresh: boolean): Promise<void> {
    await this.#log.ask();
    await this.#engine.look(taskId, { isFresh });
  }

  #createLog(): MarketLog {
    return new MarketLog({
      ...this.#options,
      onRecord: (record) => this.#engine.observe(record),
      onBack: () => this.#wakes.wakeAll(),
      isOwn: (agentId) => this.#book.find(agentId) !== undefined || this.#book.hasKnown(agentId),
    });
  }

  #createEngine(): Engine {
    const { settings, store, clock, telemetry } = this.#options;
    return new Engine({
      ...{ store, clock, telemetry, keepMs: settings.keepMs, watchMs: settings.leaseMs / 2 },
      decide: createDecideRoles({
        ...{ book: this.#book, times: settings.times, policy: settings.policy },
        log: () => this.#log.sight,
        otherProviders: () => this.#others.ids(),
        historyOf: (providerId) => this.#histories.of(providerId),
        isFull: () => this.#executions.isFull,
        workingFence: (taskId, agentId) => this.#executions.workingFence(taskId, agentId),
      }),
      publish: (records) => this.#log.send(records),
      patienceMs: () => this.#log.patienceMs,
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
    this.#log.holdAwards(isFull);
    if (!isFull) this.#wakes.wakeAll();
  }
}
