import type { Clock, Telemetry } from '../../base/index.ts';
import type { Fence, Store } from '../../store/index.ts';
import type { ExecuteAction, SendAction, StopAction } from '../decide/decision.ts';
import { addRecord } from '../thread/thread.ts';
import { hasEnded } from '../thread/view-negotiation.ts';
import type { MarketRecord } from '../wire/records.ts';
import { isUnreadable } from '../wire/seal-contents.ts';
import { type DeskChange, type DeskReading, NegotiationDesk } from './negotiation-desk.ts';
import { grow, type NegotiationEvent, type NegotiationState, unpublished } from './negotiation-journal.ts';
import { publishAgainMs } from './publish-again.ts';
import { recordOf } from './record-of.ts';

/** What an executor is to do. */
export interface RoleAction {
  readonly agentId: string;
  readonly action: ExecuteAction | StopAction;
}

/** What the roles of this fabric do next. */
export interface RolesDecision {
  readonly sends: readonly SendAction[];
  readonly actions: readonly RoleAction[];
  readonly wakeAtMs: number | null;
}

/** Asks all roles of this fabric that may have something to say. */
export type DecideAll = (state: NegotiationState, nowMs: number) => RolesDecision;

export interface EngineOptions {
  readonly store: Pick<Store, 'commit' | 'read'>;
  readonly decide: DecideAll;
  /** Publishes what was committed. */
  readonly publish: (records: readonly MarketRecord[]) => void;
  /** How long what was published may take to come back before it is published again, the first time. */
  readonly patienceMs: () => number;
  /** Told of every state that this node has seen, with what an executor is to do about it. */
  readonly onState: (state: NegotiationState, actions: readonly RoleAction[]) => void;
  readonly setWake: (taskId: string, atMs: number | null) => void;
  /** While somebody of this fabric works, the negotiation is looked at so often: who works may have died. */
  readonly watchMs: number;
  readonly keepMs: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Roles that answer each other at once come to rest after a few rounds; what goes on beyond is looked at by the timer. */
const maxRounds = 16;

/**
 * Takes negotiations from state to state: what was seen goes into the journal in one commit with all that the roles of this fabric
 * decide on it, and is published afterwards. What a crash leaves unpublished is published by whoever looks next.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #desk: NegotiationDesk;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#desk = new NegotiationDesk(options);
  }

  /** A record was seen in the log: once it resolves, it is in the journal with what follows from it. */
  async observe(record: MarketRecord): Promise<void> {
    await this.#advance(record.value.taskId, (state) => {
      const known = state.thread.records.find(
        ({ recordId, topic }) => recordId === record.recordId && topic === record.topic,
      );
      if (known?.place === null && record.place !== null) {
        return [{ type: 'placed', recordId: record.recordId, place: record.place }];
      }
      if (known === undefined && isUnreadable(record)) return undefined;
      // What the thread does not take, as in a flood, does not make the journal longer either.
      return addRecord(state.thread, record) === state.thread ? undefined : [{ type: 'record', record }];
    });
  }

  /** The negotiation's time has come, or something about its roles has changed. */
  async look(taskId: string, reading?: DeskReading): Promise<void> {
    const state = await this.#advance(taskId, ({ version }) => (version === 0 ? undefined : []), { reading });
    this.#options.publish(unpublished(state));
  }

  /** Adds what `decide` makes of the state, and what follows from it; undefined: nothing is changed. */
  add(
    taskId: string,
    decide: (state: NegotiationState) => readonly NegotiationEvent[] | undefined,
    fence?: Fence,
  ): Promise<NegotiationState> {
    return this.#advance(taskId, decide, { fence });
  }

  /** As the store has it now. */
  read(taskId: string): Promise<NegotiationState> {
    return this.#desk.look(taskId);
  }

  async #advance(
    taskId: string,
    first: (state: NegotiationState) => readonly NegotiationEvent[] | undefined,
    { fence, reading }: { readonly fence?: Fence | undefined; readonly reading?: DeskReading | undefined } = {},
  ): Promise<NegotiationState> {
    let step: Step | undefined;
    const state = await this.#desk.change(
      taskId,
      (before) => {
        step = undefined;
        const begun = first(before);
        if (begun === undefined) return undefined;
        step = this.#step(before, begun);
        return { ...step.change, ...(fence && { fence }) };
      },
      reading,
    );
    if (step !== undefined) this.#follow(state, step);
    return state;
  }

  /** What the journal gets, and what is to be done when it has it. */
  #step(before: NegotiationState, begun: readonly NegotiationEvent[]): Step {
    const { clock, decide } = this.#options;
    const nowMs = clock.now();
    const events: NegotiationEvent[] = [...begun];
    let state = grow(before, begun);
    for (let round = 1; ; round++) {
      const decision = decide(state, nowMs);
      const { sends, actions } = decision;
      if (sends.length === 0 || round > maxRounds) {
        const wakeAtMs = this.#wakeAt(state, decision, nowMs);
        return { change: { events, wakeAtMs }, actions, wakeAtMs };
      }
      const records = sends.map((send): NegotiationEvent => ({ type: 'record', record: recordOf(state, send) }));
      events.push(...records);
      state = grow(state, records);
    }
  }

  #wakeAt(state: NegotiationState, { wakeAtMs, actions }: RolesDecision, nowMs: number): number | null {
    const { patienceMs, watchMs } = this.#options;
    const againMs = publishAgainMs(unpublished(state), nowMs, patienceMs());
    const times = [
      ...(wakeAtMs === null ? [] : [Math.max(wakeAtMs, nowMs + 1)]),
      ...(againMs === undefined ? [] : [nowMs + againMs]),
      ...(state.negotiation.phase === 'running' || actions.length > 0 ? [nowMs + watchMs] : []),
    ];
    return times.length === 0 ? null : Math.min(...times);
  }

  #follow(state: NegotiationState, { change, actions, wakeAtMs }: Step): void {
    const { publish, onState, setWake, telemetry } = this.#options;
    const records = change.events.flatMap((event) => (event.type === 'record' ? [event.record] : []));
    publish(records.filter(({ place }) => place === null));
    setWake(state.taskId, wakeAtMs);
    if (change.events.length > 0 && hasEnded(state.negotiation)) {
      telemetry.count('parley_market_changes_after_end_total', { phase: state.negotiation.phase });
    }
    onState(state, actions);
  }
}

interface Step {
  readonly change: DeskChange;
  readonly actions: readonly RoleAction[];
  readonly wakeAtMs: number | null;
}
