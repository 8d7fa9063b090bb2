import { alwaysThere, asRecord, foldThread, request, taskId } from '../market.fixture.ts';
import { resolveAwardPolicy } from '../policies/award-policy.ts';
import { createOfferRules } from '../policies/offer-rules.ts';
import { createRequesterRules } from '../policies/requester-rules.ts';
import type { Negotiation } from '../thread/negotiation.ts';
import { addRecord, createThread, nextRecordId, type Thread } from '../thread/thread.ts';
import { currentAward, viewNegotiation } from '../thread/view-negotiation.ts';
import type { MarketRecord, MarketTopic } from '../wire/records.ts';
import { marketTopics } from '../wire/records.ts';
import { decideExecutor } from './decide-executor.ts';
import { decideProvider } from './decide-provider.ts';
import { decideRequester } from './decide-requester.ts';
import type { Decision } from './decision.ts';
import { createResponse } from './draft.ts';
import { defaultTimes } from './requester-context.ts';

/** What an agent of the simulation is. */
export interface Part {
  readonly id: string;
  readonly role: 'requester' | 'provider' | 'executor';
  /** Of a provider. */
  readonly executes?: boolean;
  readonly capabilities?: readonly string[];
  /** Its work fails, with that code. */
  readonly failsWith?: string | null;
}

/** Work that somebody has really done: what must not happen twice. */
export interface Effect {
  readonly fence: number;
  readonly agentId: string;
}

interface Actor {
  readonly part: Part;
  thread: Thread;
  readonly positions: Map<MarketTopic, number>;
  readonly outbox: MarketRecord[];
  readonly begun: Set<number>;
  readonly ended: Set<number>;
  isDead: boolean;
}

const budget = 100;

/**
 * Agents that share nothing but a log: each has a thread of its own, reads the topics at its own pace and publishes when it gets to it. Whoever
 * drives it decides who moves next; nothing moves by itself.
 */
export class Simulation {
  readonly effects: Effect[] = [];
  readonly actors: readonly Actor[];
  readonly #log = new Map<MarketTopic, MarketRecord[]>(marketTopics.map((topic) => [topic, []]));
  nowMs = 1_000;

  constructor(parts: readonly Part[]) {
    this.actors = parts.map((part) => ({
      ...{ part, thread: createThread(taskId), positions: new Map(), outbox: [], begun: new Set(), ended: new Set() },
      isDead: false,
    }));
    const [requester] = this.actors;
    if (requester !== undefined) {
      this.#commit(
        requester,
        asRecord(request({ proposedCost: 80, deadline: 900_000 }), { recordId: `${taskId}/req/1` }),
      );
    }
  }

  /** The actor takes the next record of the topic, if there is one. */
  deliver(actor: Actor, topic: MarketTopic): boolean {
    const at = actor.positions.get(topic) ?? 0;
    const record = this.#log.get(topic)?.[at];
    if (record === undefined || actor.isDead) return false;
    actor.positions.set(topic, at + 1);
    actor.thread = addRecord(actor.thread, record);
    this.look(actor);
    return true;
  }

  /** Its oldest committed record goes to the log; with `again` it is published once more later on, as after a crash. */
  publish(actor: Actor, again: boolean): boolean {
    const [record] = actor.outbox;
    if (record === undefined || actor.isDead) return false;
    if (!again) actor.outbox.shift();
    const records = this.#log.get(record.topic) ?? [];
    records.push({ ...record, place: { partition: 0, offset: records.length, atMs: this.nowMs } });
    return true;
  }

  /** The actor is restarted: what it had read since then is handed to it again. */
  restart(actor: Actor, back: number): void {
    for (const [topic, at] of actor.positions) actor.positions.set(topic, Math.max(0, at - back));
  }

  /** The actor decides and does what follows. */
  look(actor: Actor): void {
    if (actor.isDead) return;
    for (let turn = 0; turn < 20; turn++) {
      const { actions } = this.#decide(actor);
      const sends = actions.filter((action) => action.kind === 'send');
      for (const { message, recordId } of sends) this.#commit(actor, asRecord(message, { recordId }));
      const [execute] = actions.filter((action) => action.kind === 'execute');
      if (execute !== undefined && !actor.begun.has(execute.fence)) this.#claim(actor, execute.fence);
      if (sends.length === 0) break;
    }
    this.#work(actor);
  }

  /** The state as each living actor has it, and as the log alone has it. */
  states(): { readonly rebuilt: Thread; readonly live: readonly Thread[] } {
    const rebuilt = foldThread(
      taskId,
      marketTopics.flatMap((topic) => this.#log.get(topic) ?? []),
    );
    return { rebuilt, live: this.actors.filter(({ isDead }) => !isDead).map(({ thread }) => thread) };
  }

  /** How the requester sees it. */
  view(): Negotiation {
    return viewNegotiation(this.actors[0]?.thread ?? createThread(taskId));
  }

  #decide({ part, thread, begun, ended }: Actor): Decision {
    const { nowMs } = this;
    const { id, role, executes = false, capabilities = [] } = part;
    if (role === 'requester') return this.#decideRequester(thread);
    const award = currentAward(viewNegotiation(thread));
    const isWorking = award !== undefined && begun.has(award.fence) && !ended.has(award.fence);
    const executor = { nowMs, executorId: id, isInPool: role === 'executor' };
    const execution = decideExecutor(thread, { ...executor, workingFence: isWorking ? award.fence : null });
    if (role === 'executor') return execution;
    const rules = createOfferRules({ capabilities });
    const offer = decideProvider(thread, { nowMs, providerId: id, rules, executes, etaMs: null, isBusy: false });
    return { actions: [...offer.actions, ...(executes ? execution.actions : [])], wakeAtMs: null };
  }

  #decideRequester(thread: Thread): Decision {
    const terms = {
      ...defaultTimes,
      budget,
      rules: createRequesterRules(),
      policy: resolveAwardPolicy('lowest-price'),
    };
    const dead = new Set(this.actors.flatMap(({ isDead, part }) => (isDead ? [part.id] : [])));
    return decideRequester(thread, {
      ...{ nowMs: this.nowMs, requesterId: 'req', terms, providers: [], withdrawal: null },
      log: alwaysThere,
      isAlive: (id) => !dead.has(id),
    });
  }

  #commit(actor: Actor, record: MarketRecord): void {
    actor.thread = addRecord(actor.thread, record);
    actor.outbox.push(record);
  }

  #claim(actor: Actor, fence: number): void {
    actor.begun.add(fence);
    this.#say(actor, fence, 'RUNNING', null);
  }

  /** Works only when its RUNNING is the first in the log. */
  #work(actor: Actor): void {
    const { id, failsWith } = actor.part;
    const award = currentAward(viewNegotiation(actor.thread));
    if (award?.state !== 'running' || award.workerId !== id || actor.ended.has(award.fence)) return;
    const isFirst = actor.thread.records.some(
      ({ topic, value, place }) =>
        topic === 'task-responses' && place !== null && value.responderId === id && value.award === award.fence,
    );
    if (!isFirst || !actor.begun.has(award.fence)) return;
    actor.ended.add(award.fence);
    this.effects.push({ fence: award.fence, agentId: id });
    this.#say(actor, award.fence, failsWith === undefined ? 'COMPLETED' : 'FAILED', failsWith ?? null);
  }

  #say(actor: Actor, fence: number, status: 'RUNNING' | 'COMPLETED' | 'FAILED', code: string | null): void {
    const author = { thread: actor.thread, actorId: actor.part.id, nowMs: this.nowMs };
    const { message } = createResponse(author, { status, award: fence, code }, null);
    this.#commit(actor, asRecord(message, { recordId: nextRecordId(actor.thread, actor.part.id) }));
  }
}
