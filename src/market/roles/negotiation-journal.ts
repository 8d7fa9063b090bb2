import type { CallChain } from '../../security/index.ts';
import type { Commit, DocumentChange, Store } from '../../store/index.ts';
import { negotiationCollection, negotiationIndexes } from '../collections.ts';
import { earnedReputations, noReputation, type Reputation } from '../policies/reputation.ts';
import type { NegotiationPhase } from '../port.ts';
import type { Negotiation } from '../thread/negotiation.ts';
import { addRecord, createThread, type Thread } from '../thread/thread.ts';
import { hasEnded, viewNegotiation } from '../thread/view-negotiation.ts';
import { type LogPlace, type MarketRecord, senderOf } from '../wire/records.ts';

/** The journal of one negotiation, under its task's id. */
export const negotiationJournal = 'negotiation';

/** The timer of a negotiation: when somebody must look at it though no record came. */
export const negotiationTimer = 'market';

/** What only the requester knows of its request. */
export interface RequesterPlan {
  readonly budget: number | null;
  readonly policy: string | null;
  /** What the request was made of: the same request again is the same negotiation. */
  readonly digest: string;
  /** The calls that led to it; unset: no agent has called for it. */
  readonly chain?: CallChain;
  /** Whose data it is: the principal on whose behalf it was asked for. */
  readonly party: string;
}

/** What the journal of a negotiation has. */
export type NegotiationEvent =
  /** A record that was seen in the log, or (without a place) one that is to be published: the journal is its outbox. */
  | { readonly type: 'record'; readonly record: MarketRecord }
  /** One of ours came back by the log: it is published. */
  | { readonly type: 'placed'; readonly recordId: string; readonly place: LogPlace }
  | { readonly type: 'plan'; readonly plan: RequesterPlan }
  /** Somebody wants the request taken back. */
  | { readonly type: 'withdrawal'; readonly reason: string | null }
  /** An executor of this fabric has said, in the same commit, that it takes the award. */
  | { readonly type: 'claim'; readonly claim: AwardClaim }
  /** What was before was taken away, and came back without its contents. */
  | { readonly type: 'erased'; readonly createdAtMs: number };

/** Whom of this fabric an award belongs to; the newest claim counts. */
export interface AwardClaim {
  readonly fence: number;
  readonly agentId: string;
  readonly skill: string | null;
  /** The node that works, as `MarketSeat` calls it. */
  readonly holder: string;
}

/** A negotiation as its journal has it. */
export interface NegotiationState {
  readonly taskId: string;
  /** Of the journal. */
  readonly version: number;
  readonly thread: Thread;
  readonly negotiation: Negotiation;
  readonly plan: RequesterPlan | undefined;
  readonly withdrawal: { readonly reason: string | null } | undefined;
  readonly claim: AwardClaim | undefined;
  /** Those whose records were committed here before they were in the log: agents of this fabric. */
  readonly ownAgents: ReadonlySet<string>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** What its timer was set to last by this node; undefined: not known. */
  readonly timerAtMs?: number | null;
}

const pageSize = 1_000;

/** The negotiation as its journal has it; of one that nobody has heard of, version 0. */
export async function loadNegotiation(store: Pick<Store, 'read'>, taskId: string): Promise<NegotiationState> {
  const events: { event: NegotiationEvent; atMs: number }[] = [];
  for (let after = 0; ; after = events.length) {
    const page = await store.read(negotiationJournal, taskId, after, pageSize);
    for (const { event, atMs } of page) events.push({ event: JSON.parse(event) as NegotiationEvent, atMs });
    if (page.length < pageSize) break;
  }
  const nothing = beginNegotiation(taskId);
  const [first] = events;
  if (first === undefined) return nothing;
  const last = events.at(-1) ?? first;
  const grown = grow(
    nothing,
    events.map(({ event }) => event),
  );
  const createdAtMs = first.event.type === 'erased' ? first.event.createdAtMs : first.atMs;
  return { ...grown, createdAtMs, updatedAtMs: last.atMs };
}

/** The state behind further events. */
export function grow(state: NegotiationState, events: readonly NegotiationEvent[], nowMs?: number): NegotiationState {
  const grown = events.reduce(apply, state);
  const negotiation = viewNegotiation(grown.thread);
  const createdAtMs = state.version === 0 ? (nowMs ?? 0) : state.createdAtMs;
  return { ...grown, negotiation, createdAtMs, updatedAtMs: nowMs ?? state.updatedAtMs };
}

function apply(before: NegotiationState, event: NegotiationEvent): NegotiationState {
  const state = { ...before, version: before.version + 1 };
  switch (event.type) {
    case 'record':
      return withRecord(state, event.record);
    case 'placed':
      return { ...state, thread: placeRecord(state.thread, event) };
    case 'plan':
      return { ...state, plan: event.plan };
    case 'withdrawal':
      return { ...state, withdrawal: { reason: event.reason } };
    case 'claim':
      return { ...state, claim: event.claim };
    case 'erased':
      return state;
  }
}

function withRecord(state: NegotiationState, record: MarketRecord): NegotiationState {
  const sender = senderOf(record);
  const isNew = record.place === null && !state.ownAgents.has(sender);
  const ownAgents = isNew ? new Set([...state.ownAgents, sender]) : state.ownAgents;
  return { ...state, ownAgents, thread: addRecord(state.thread, record) };
}

function placeRecord(thread: Thread, { recordId, place }: Extract<NegotiationEvent, { type: 'placed' }>): Thread {
  const own = thread.records.find((record) => record.recordId === recordId);
  return own === undefined ? thread : addRecord(thread, { ...own, place });
}

function beginNegotiation(taskId: string): NegotiationState {
  const thread = createThread(taskId);
  const negotiation = viewNegotiation(thread);
  return {
    ...{ taskId, version: 0, thread, negotiation, plan: undefined, withdrawal: undefined, claim: undefined },
    ...{ ownAgents: new Set<string>(), createdAtMs: 0, updatedAtMs: 0 },
  };
}

/** Those that are committed and were not yet seen in the log. */
export function unpublished({ thread }: NegotiationState): readonly MarketRecord[] {
  return thread.records.filter(({ place }) => place === null);
}

/** What one commit changes. */
export interface NegotiationChange {
  readonly events: readonly NegotiationEvent[];
  /** When to look again; null: not before another record comes. Ms since the epoch. */
  readonly wakeAtMs: number | null;
  /** How long a negotiation is kept after it was last heard of. */
  readonly keepMs: number;
  readonly nowMs: number;
}

/** The commit that takes the negotiation from one state to the next. */
export function toCommit(before: NegotiationState, after: NegotiationState, change: NegotiationChange): Commit {
  const { events, wakeAtMs } = change;
  const append = { kind: negotiationJournal, expectedVersion: before.version, events: events.map(toText) };
  const timer = { name: negotiationTimer, ...(wakeAtMs !== null && { dueAtMs: wakeAtMs }) };
  const documents = isListedAnew(before, after) ? [createDocument(after, change)] : [];
  return { key: after.taskId, ...(events.length > 0 && { append }), documents, timers: [timer] };
}

function isListedAnew(before: NegotiationState, after: NegotiationState): boolean {
  return before.version === 0 || before.negotiation.phase !== after.negotiation.phase;
}

/** As the market's callers know it. */
export function listedPhase(phase: Negotiation['phase']): NegotiationPhase {
  if (phase === 'unknown' || phase === 'open') return 'tendered';
  return phase === 'accepted' ? 'awarded' : phase;
}

/** Where it is found; what it is stands in its journal alone. */
function createDocument(state: NegotiationState, { nowMs, keepMs }: NegotiationChange): DocumentChange {
  const { negotiation, createdAtMs, taskId } = state;
  const { phase, awards } = negotiation;
  const earned = Object.fromEntries(earnedReputations(negotiation));
  const [last, replaced] = [awards.at(-1)?.providerId, awards.at(-2)?.providerId];
  const sort = `${String(createdAtMs).padStart(16, '0')}/${taskId}`;
  const isOpen = !hasEnded(negotiation);
  return {
    collection: negotiationCollection,
    value: JSON.stringify({ phase, earned }),
    indexes: {
      [negotiationIndexes.all]: { equals: '', sort },
      [negotiationIndexes.phase]: { equals: listedPhase(phase), sort },
      ...(isOpen && { [negotiationIndexes.open]: { equals: '', sort } }),
      ...(!isOpen && last !== undefined && { [negotiationIndexes.provider]: { equals: last, sort } }),
      ...(!isOpen && replaced !== undefined && { [negotiationIndexes.replaced]: { equals: replaced, sort } }),
    },
    expiresAtMs: Math.max(nowMs, ownDeadline(state)) + keepMs,
    ownsJournal: negotiationJournal,
  };
}

/** Of what was asked for here: a stranger's deadline, which may be at the end of all days, keeps nothing. */
function ownDeadline({ plan, negotiation }: NegotiationState): number {
  return plan === undefined ? 0 : (negotiation.request?.deadline ?? 0);
}

/** What a provider has earned by a negotiation, from its document. */
export function readEarned(document: string, providerId: string): Reputation {
  const { earned } = JSON.parse(document) as { readonly earned: Readonly<Record<string, Reputation>> };
  return (Object.hasOwn(earned, providerId) ? earned[providerId] : undefined) ?? noReputation;
}

function toText(event: NegotiationEvent): string {
  return JSON.stringify(event);
}
