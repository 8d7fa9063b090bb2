import type { MarketRecord, TaskRequest } from '../wire/records.ts';
import type { Award, Negotiation, Offer, Outcome, Phase } from './negotiation.ts';
import type { Thread } from './thread.ts';
import { viewAwards, type Withdrawal } from './view-awards.ts';
import { viewOffers } from './view-offers.ts';

const viewed = new WeakMap<Thread, Negotiation>();

/** What the thread comes to. Pure; made once for each thread. */
export function viewNegotiation(thread: Thread): Negotiation {
  const known = viewed.get(thread);
  if (known !== undefined) return known;
  const view = makeView(thread);
  viewed.set(thread, view);
  return view;
}

/** True when nothing more is going to happen. */
export function hasEnded({ outcome }: Pick<Negotiation, 'outcome'>): boolean {
  return outcome !== null;
}

/** The award that counts; undefined when there is none. */
export function currentAward({ awards, fence }: Pick<Negotiation, 'awards' | 'fence'>): Award | undefined {
  const last = awards.at(-1);
  return last?.fence === fence ? last : undefined;
}

/** What a provider offers; undefined when it has said nothing. */
export function offerOf({ offers }: Pick<Negotiation, 'offers'>, providerId: string): Offer | undefined {
  return offers.find((offer) => offer.providerId === providerId);
}

function makeView({ taskId, records }: Thread): Negotiation {
  const requests = records.filter(isRequest);
  // Who knows an id beforehand and is first in the log with it does not take it away from who signs.
  const first = requests.find(({ isVerified }) => isVerified) ?? requests[0];
  if (first === undefined) return unknown(taskId);
  const scene = { request: first, records };
  const offers = viewOffers(scene);
  const { awards, fence, withdrawal } = viewAwards(scene, offers);
  const outcome = findOutcome(first.value, awards, withdrawal);
  const phase = outcome?.status ?? phaseOf(awards.at(-1));
  return { taskId, phase, request: first.value, requestRecordId: first.recordId, offers, awards, fence, outcome };
}

function isRequest(record: MarketRecord): record is MarketRecord & { readonly topic: 'task-requests' } {
  return record.topic === 'task-requests';
}

function unknown(taskId: string): Negotiation {
  const nothing = { request: null, requestRecordId: null, offers: [], awards: [], fence: 0, outcome: null };
  return { taskId, phase: 'unknown', ...nothing };
}

/** An award that came to nothing leaves the negotiation open: the requester awards again or gives up. */
function phaseOf(award: Award | undefined): Phase {
  switch (award?.state) {
    case 'pending':
      return 'awarded';
    case 'confirmed':
      return 'accepted';
    case 'running':
      return 'running';
    default:
      return 'open';
  }
}

function findOutcome(
  request: TaskRequest,
  awards: readonly Award[],
  withdrawal: Withdrawal | undefined,
): Outcome | null {
  const last = awards.at(-1);
  if (withdrawal !== undefined) return withdrawnOutcome(withdrawal);
  if (last?.state === 'completed') return awardOutcome(last, 'completed');
  // Nobody awards again where nobody has awarded.
  if (last?.state === 'failed' && request.awardedBy === null) return awardOutcome(last, 'failed');
  return null;
}

function withdrawnOutcome({ reason, code, atMs }: Withdrawal): Outcome {
  const status = code === null || code === 'CANCELED' ? 'withdrawn' : 'failed';
  return { status, providerId: null, executorId: null, price: null, result: null, message: reason, code, atMs };
}

function awardOutcome(award: Award, status: 'completed' | 'failed'): Outcome {
  const { providerId, workerId, price, result, message, code, heardAtMs } = award;
  return { status, providerId, executorId: workerId, price, result, message, code, atMs: heardAtMs };
}
