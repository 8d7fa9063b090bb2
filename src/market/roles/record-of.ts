import type { SendAction } from '../decide/decision.ts';
import type { MarketRecord } from '../wire/records.ts';
import type { NegotiationState } from './negotiation-journal.ts';

/** What a role says, as a record that is to be published: in the trace of the request that it is about, and sealed as that is. */
export function recordOf({ thread }: NegotiationState, { message, recordId, causationId }: SendAction): MarketRecord {
  const [first] = thread.records;
  return {
    ...message,
    ...{ recordId, causationId, place: null, isVerified: true, isOriginal: false },
    correlationId: first?.correlationId ?? null,
    traceparent: first?.traceparent ?? null,
    ...(first?.sealedWith !== undefined && { sealedWith: first.sealedWith }),
  };
}
