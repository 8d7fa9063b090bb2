import type { Store } from '../../store/index.ts';
import type { Negotiation } from '../port.ts';
import { hasEnded } from '../thread/view-negotiation.ts';
import { grow, type NegotiationEvent, type NegotiationState, negotiationJournal } from './negotiation-journal.ts';
import { toView } from './to-view.ts';

/** The negotiation as it is, then whenever it has changed, until it ends or the signal aborts. */
export async function* followNegotiation(
  store: Pick<Store, 'tail'>,
  begun: NegotiationState,
  signal: AbortSignal,
): AsyncGenerator<Negotiation> {
  let state = begun;
  let shown = toView(state);
  yield shown;
  if (hasEnded(state.negotiation) || signal.aborted) return;
  const left = new AbortController();
  try {
    const ends = AbortSignal.any([signal, left.signal]);
    for await (const batch of store.tail(negotiationJournal, state.taskId, state.version, ends)) {
      const events = batch.map(({ event }) => JSON.parse(event) as NegotiationEvent);
      state = grow(state, events, batch.at(-1)?.atMs);
      const view = toView(state);
      if (hasChanged(shown, view)) yield view;
      shown = view;
      if (hasEnded(state.negotiation)) return;
    }
  } finally {
    left.abort();
  }
}

/** That a record has arrived in the log changes nothing that can be seen. */
function hasChanged(
  { updatedAtMs: _before, ...shown }: Negotiation,
  { updatedAtMs: _now, ...view }: Negotiation,
): boolean {
  return JSON.stringify(shown) !== JSON.stringify(view);
}
