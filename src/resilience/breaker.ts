import type { BreakerRule } from './settings.ts';

/** What one agent's circuit breaker stands at. Pure data: `admit` and `settle` are all that moves it, time comes with the question. */
export type BreakerState =
  | { readonly phase: 'closed'; readonly failures: number }
  | OpenBreaker
  | (Omit<OpenBreaker, 'phase' | 'untilMs'> & { readonly phase: 'half-open'; readonly probing: number });

/** No call passes. */
export interface OpenBreaker {
  readonly phase: 'open';
  /** Counts openings: what a probe of an earlier one brings no longer counts. */
  readonly turn: number;
  readonly openedAtMs: number;
  /** Then a probe may pass; undefined: only an operator ends it. */
  readonly untilMs: number | undefined;
  readonly by: 'failures' | 'operator';
  readonly reason: string;
}

/** How a call passes: `turn` is set for a probe. */
export interface Passage {
  readonly turn: number | undefined;
}

export type CallVerdict = 'success' | 'failure' | 'neither';

export const closedBreaker: BreakerState = { phase: 'closed', failures: 0 };

/** Whether a call may pass now. `passage` undefined: it may not. */
export function admit(
  state: BreakerState,
  nowMs: number,
  rule: BreakerRule,
): { readonly state: BreakerState; readonly passage: Passage | undefined } {
  if (state.phase === 'closed') return { state, passage: { turn: undefined } };
  if (state.phase === 'half-open') {
    if (state.probing >= rule.probes) return { state, passage: undefined };
    return { state: { ...state, probing: state.probing + 1 }, passage: { turn: state.turn } };
  }
  if (state.untilMs === undefined || nowMs < state.untilMs) return { state, passage: undefined };
  const { untilMs: _past, ...rest } = state;
  return { state: { ...rest, phase: 'half-open', probing: 1 }, passage: { turn: state.turn } };
}

export interface Settlement {
  readonly passage: Passage;
  readonly verdict: CallVerdict;
  readonly reason: string;
  readonly nowMs: number;
  /** For an opening that follows. */
  readonly turn: number;
}

/** What a call that passed means for the next ones. Only a probe moves a breaker that is not closed. */
export function settle(state: BreakerState, call: Settlement, rule: BreakerRule): BreakerState {
  if (state.phase === 'closed') return call.passage.turn === undefined ? settleClosed(state, call, rule) : state;
  if (state.phase === 'open' || call.passage.turn !== state.turn) return state;
  if (call.verdict === 'success') return closedBreaker;
  if (call.verdict === 'failure') return openByFailures(call, rule);
  return { ...state, probing: Math.max(0, state.probing - 1) };
}

function settleClosed(
  state: Extract<BreakerState, { phase: 'closed' }>,
  call: Settlement,
  rule: BreakerRule,
): BreakerState {
  if (call.verdict === 'success') return closedBreaker;
  if (call.verdict === 'neither' || rule.failures === 0) return state;
  const failures = state.failures + 1;
  return failures >= rule.failures ? openByFailures(call, rule) : { phase: 'closed', failures };
}

function openByFailures({ nowMs, reason, turn }: Settlement, rule: BreakerRule): OpenBreaker {
  return { phase: 'open', turn, openedAtMs: nowMs, untilMs: nowMs + rule.openMs, by: 'failures', reason };
}
