import { ParleyError } from '../../base/index.ts';
import type { MarketRequest } from '../port.ts';
import type { NewRequest } from './create-request.ts';
import type { NegotiationEvent, NegotiationState } from './negotiation-journal.ts';

/** How a negotiation begins. */
export interface Beginning extends MarketRequest {
  /** The key that its contents are sealed with in the log. */
  readonly sealedWith: string | undefined;
}

/** The first events of a negotiation; undefined when the same request has begun it before. CONFLICT when another has. */
export function beginNegotiation(
  { version, plan, taskId, thread }: NegotiationState,
  { value, plan: wanted }: NewRequest,
  { trace, causationId, sealedWith }: Beginning,
): readonly NegotiationEvent[] | undefined {
  if (version === 0) {
    const facts = {
      ...{ recordId: `${taskId}/${value.requesterId}/1`, causationId: causationId ?? null, place: null },
      ...{ correlationId: trace?.correlationId ?? taskId, traceparent: trace?.traceparent ?? null },
      ...{ isVerified: true, isOriginal: false, ...(sealedWith !== undefined && { sealedWith }) },
    };
    return [
      { type: 'plan', plan: wanted },
      { type: 'record', record: { topic: 'task-requests', value, ...facts } },
    ];
  }
  if (plan?.digest === wanted.digest) return undefined;
  const whose = thread.records.length === 0 ? 'something else' : 'another request';
  throw new ParleyError('CONFLICT', `${taskId} is ${whose} already. Choose another taskId.`, { details: { taskId } });
}
