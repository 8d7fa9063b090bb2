import type { Award, Offer } from './negotiation.ts';
import { isAsker, isFaithful, type RecordOf, recordsOf, type Scene } from './scene.ts';

/** What came of the right to award. */
export interface AwardsView {
  readonly awards: readonly Award[];
  /** The highest, a withdrawal's too. */
  readonly fence: number;
  readonly withdrawal: Withdrawal | undefined;
}

/** The request was taken back. */
export interface Withdrawal {
  readonly reason: string | null;
  readonly code: string | null;
  readonly atMs: number;
}

type Response = RecordOf<'task-responses'>;

/** An award to which nobody has said anything. */
const unheard = { startedAtMs: null, workerId: null, progress: null, message: null, result: null, code: null };

/** The awards of whom it was to award, with what became of each; for a request that nobody awards the first ACCEPTED in the log. */
export function viewAwards(scene: Scene, offers: readonly Offer[]): AwardsView {
  const responses = recordsOf(scene, 'task-responses');
  const bare = scene.request.value.awardedBy === null ? implied(scene, offers) : explicit(scene);
  const awards = bare.awards.map((award) => {
    const offer = offers.find(({ providerId }) => providerId === award.providerId);
    return live({ award, offer, isLast: award.fence === bare.fence }, responses);
  });
  return { ...bare, awards };
}

/** Fences grow in the order of the log: a record with one that is not higher than all before it is late, or replayed. */
function explicit(scene: Scene): AwardsView {
  const awards: Award[] = [];
  let fence = 0;
  let withdrawal: Withdrawal | undefined;
  for (const record of recordsOf(scene, 'task-awards')) {
    const { value } = record;
    if (value.requesterId !== scene.request.value.awardedBy || !isFaithful(record, scene.request)) continue;
    if (withdrawal !== undefined || value.award <= fence) continue;
    fence = value.award;
    if (value.withdrawn) withdrawal = { reason: value.reason, code: value.code, atMs: value.timestamp };
    else awards.push(newAward(record));
  }
  return { awards, fence, withdrawal };
}

function newAward({ recordId, value }: RecordOf<'task-awards'>): Award {
  const { award, providerId, executorId, price, deadline, timestamp } = value;
  return {
    ...{ fence: award, providerId, executorId, price, deadline, state: 'pending', isImplicit: false },
    ...{ atMs: timestamp, heardAtMs: timestamp, recordId },
    ...unheard,
  };
}

/**
 * Only what is in the log can be the first there: what is committed here waits until it comes back. The requester may still take
 * the request back.
 */
function implied(scene: Scene, offers: readonly Offer[]): AwardsView {
  const withdrawal = withdrawalOf(scene);
  const first = recordsOf(scene, 'task-responses').find(
    ({ place, value }) =>
      place !== null &&
      value.award === null &&
      value.status === 'ACCEPTED' &&
      !isAsker(scene.request.value, value.responderId),
  );
  const awards = first === undefined ? [] : [firstAccepted(first, offers)];
  return { awards, fence: awards.length + (withdrawal === undefined ? 0 : 1), withdrawal };
}

function withdrawalOf(scene: Scene): Withdrawal | undefined {
  const { request } = scene;
  const record = recordsOf(scene, 'task-awards').find(
    (award) =>
      award.value.withdrawn && award.value.requesterId === request.value.requesterId && isFaithful(award, request),
  );
  return record && { reason: record.value.reason, code: record.value.code, atMs: record.value.timestamp };
}

function firstAccepted({ recordId, value }: Response, offers: readonly Offer[]): Award {
  const { responderId, executes, timestamp } = value;
  return {
    ...{ fence: 1, providerId: responderId, executorId: executes ? responderId : null },
    ...{ price: offers.find(({ providerId }) => providerId === responderId)?.price ?? null, deadline: null },
    ...{ state: 'confirmed', isImplicit: true, atMs: timestamp, heardAtMs: timestamp, recordId },
    ...unheard,
  };
}

interface Standing {
  readonly award: Award;
  readonly offer: Offer | undefined;
  /** The fence counts: no later award and no withdrawal. */
  readonly isLast: boolean;
}

/** What the provider and who works have said to it. Confirmation first: who works may be heard of before in the order of a thread. */
function live(standing: Standing, responses: readonly Response[]): Award {
  const own = responses.filter((record) => belongs(record, standing));
  const words = own.filter((record) => isFaithful(record, firstWordOf(record, own, standing)));
  const decided = words.reduce(decide, standing.award);
  const confirmed = confirmByOriginal(decided, standing);
  return words.filter((record) => mayWork(record, confirmed)).reduce(work, confirmed);
}

/** An original writes no fence: its words about work belong to the award that counts. */
function belongs({ isOriginal, value }: Response, { award, isLast }: Standing): boolean {
  if (value.award !== null) return value.award === award.fence;
  return isLast && (isOriginal || award.isImplicit) && isWork(value.status);
}

/** What a sender is bound to: its offer, or what it said first about this award. */
function firstWordOf(
  record: Response,
  own: readonly Response[],
  { award, offer }: Standing,
): Pick<Response, 'isVerified'> {
  const { responderId } = record.value;
  if (responderId === award.providerId && offer !== undefined) return offer;
  return own.find(({ value }) => value.responderId === responderId) ?? record;
}

function isWork(status: string): boolean {
  return status === 'RUNNING' || status === 'COMPLETED' || status === 'FAILED';
}

/** The provider's first word counts: what it has accepted it may only fail. */
function decide(award: Award, { value }: Response): Award {
  if (value.responderId !== award.providerId || award.state !== 'pending') return award;
  const said = { ...award, heardAtMs: Math.max(award.heardAtMs, value.timestamp), message: value.message };
  switch (value.status) {
    case 'ACCEPTED':
      return { ...said, state: 'confirmed', executorId: value.executes ? value.responderId : award.executorId };
    case 'REJECTED':
    case 'FAILED':
      return { ...said, state: 'refused', code: value.code };
    default:
      return award;
  }
}

/** An original knows no awards: it has said ACCEPTED when the requester approved. */
function confirmByOriginal(award: Award, { offer }: Standing): Award {
  const isConfirmed = award.state === 'pending' && offer?.isOriginal === true && offer.hasAccepted;
  return isConfirmed ? { ...award, state: 'confirmed', heardAtMs: Math.max(award.heardAtMs, offer.atMs) } : award;
}

/** Whom the award leaves the work to; its provider may always say how it goes, and that it came to nothing. */
function mayWork({ value }: Response, { providerId, executorId }: Award): boolean {
  return executorId === null || value.responderId === executorId || value.responderId === providerId;
}

/**
 * Of several executors that say RUNNING the one whose word is first in the log has the award: that is how executors that share nothing but
 * the log begin it once. Its provider may still say that it came to nothing. Executors of the original all run what was accepted: what one
 * of them has completed is done.
 */
function isAnothers({ workerId, providerId, isImplicit }: Award, { responderId, status }: Response['value']): boolean {
  if (workerId === null || responderId === workerId) return false;
  if (isImplicit && status === 'COMPLETED') return false;
  return responderId !== providerId || status !== 'FAILED';
}

function work(award: Award, { value }: Response): Award {
  if (!isWork(value.status) || (award.state !== 'confirmed' && award.state !== 'running')) return award;
  if (isAnothers(award, value)) return award;
  const { responderId, timestamp, message, code } = value;
  const heard = { ...award, workerId: responderId, heardAtMs: Math.max(award.heardAtMs, timestamp), message, code };
  switch (value.status) {
    case 'RUNNING':
      return {
        ...heard,
        state: 'running',
        startedAtMs: award.startedAtMs ?? timestamp,
        progress: value.progress ?? award.progress,
      };
    case 'COMPLETED':
      return { ...heard, state: 'completed', progress: 1, result: value.result };
    default:
      return { ...heard, state: 'failed', result: value.result };
  }
}
