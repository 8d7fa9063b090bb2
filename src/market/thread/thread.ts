import { type LogPlace, type MarketRecord, type MarketTopic, marketTopics, senderOf } from '../wire/records.ts';

/**
 * All records of one task that count, each once, in an order of their own: by topic, then as the log has them, then those that are not in
 * the log yet. Plain JSON. Whatever way the topics interleaved and however often a record came, the same records make the same
 * thread, so that live state and one that was rebuilt from the log are compared as canonical JSON.
 */
export interface Thread {
  readonly taskId: string;
  readonly records: readonly MarketRecord[];
}

/**
 * So many records of one kind are kept for a task, and so many of one sender (in rounds, to one receiver): the first ones in the log. Whoever may write to the log can
 * flood a thread, but cannot make it grow, nor crowd out another kind.
 */
export const threadLimits: Readonly<Record<RecordKind, number>> & { readonly perSender: number } = {
  ...{ 'task-requests': 16, 'task-responses': 2_000, negotiations: 2_000, 'task-awards': 500, work: 200 },
  perSender: 64,
};

/** Offers do not crowd out the words of who works. */
type RecordKind = MarketTopic | 'work';

/** The thread of a task of which nothing was seen yet. */
export function createThread(taskId: string): Thread {
  return { taskId, records: [] };
}

/**
 * The thread with one more record; the same object when the record changes nothing: it was seen, another task's, or is over the limits. The
 * order of the calls does not matter, as long as the records of one topic come in the order of the log.
 */
export function addRecord(thread: Thread, record: MarketRecord): Thread {
  if (record.value.taskId !== thread.taskId) return thread;
  const known = thread.records.find((other) => isSameRecord(other, record));
  if (known !== undefined) return isBetter(record, known) ? replace(thread, known, record) : thread;
  if (isOverLimit(thread, record)) return thread;
  return withRecords(thread, [...thread.records, record], record);
}

/** The next free id of an actor's own records in the thread, and those behind it. */
export function nextRecordId(thread: Thread, actorId: string, ahead = 0): string {
  const prefix = `${thread.taskId}/${actorId}/`;
  const numbers = thread.records
    .filter(({ recordId }) => recordId.startsWith(prefix))
    .map(({ recordId }) => Number(recordId.slice(prefix.length)))
    .filter(Number.isSafeInteger);
  return prefix + (numbers.reduce((most, number) => Math.max(most, number), 0) + 1 + ahead);
}

function isSameRecord(one: MarketRecord, other: MarketRecord): boolean {
  return one.recordId === other.recordId && one.topic === other.topic;
}

/** Of two records with one id the verified one counts, then the one that is in the log, then the earlier one there. */
function isBetter(record: MarketRecord, known: MarketRecord): boolean {
  if (known.place === null && record.place !== null) return true;
  if (record.place === null || known.place === null) return false;
  if (record.isVerified !== known.isVerified) return record.isVerified;
  return record.place.partition === known.place.partition && record.place.offset < known.place.offset;
}

function replace(thread: Thread, known: MarketRecord, record: MarketRecord): Thread {
  const others = thread.records.filter((other) => other !== known);
  return withRecords(thread, [...others, record], record);
}

function withRecords(thread: Thread, records: readonly MarketRecord[], added: MarketRecord): Thread {
  const kept = withoutOldProgress(inOrder(records), added);
  return kept.includes(added) ? { taskId: thread.taskId, records: kept } : thread;
}

/**
 * Of what one sender says about how one award goes only the first word, which says who was first to take it, and the last are kept:
 * hours of progress are two records.
 */
function withoutOldProgress(records: readonly MarketRecord[], added: MarketRecord): readonly MarketRecord[] {
  if (!isProgress(added)) return records;
  const first = records.find((record) => isSameProgress(record, added));
  const last = records.findLast((record) => isSameProgress(record, added));
  return records.filter((record) => record === first || record === last || !isSameProgress(record, added));
}

function isProgress(record: MarketRecord): boolean {
  return record.topic === 'task-responses' && record.value.status === 'RUNNING';
}

function isSameProgress(one: MarketRecord, other: MarketRecord): boolean {
  if (one.topic !== 'task-responses' || other.topic !== 'task-responses') return false;
  if (!isProgress(one) || !isProgress(other) || one.isVerified !== other.isVerified) return false;
  return one.value.responderId === other.value.responderId && one.value.award === other.value.award;
}

function isOverLimit(thread: Thread, record: MarketRecord): boolean {
  // What is committed here is going to be published whatever the thread says.
  if (record.place === null) return false;
  const kind = kindOf(record);
  const sameKind = thread.records.filter((other) => kindOf(other) === kind);
  if (sameKind.length >= threadLimits[kind]) return true;
  const voice = voiceOf(record);
  return sameKind.filter((other) => voiceOf(other) === voice).length >= threadLimits.perSender;
}

function voiceOf(record: MarketRecord): string {
  const to = record.topic === 'negotiations' ? record.value.receiverId : '';
  return `${senderOf(record)}\n${to}`;
}

function kindOf(record: MarketRecord): RecordKind {
  const isWork =
    record.topic === 'task-responses' && (record.value.award !== null || isWorkStatus(record.value.status));
  return isWork ? 'work' : record.topic;
}

function isWorkStatus(status: string): boolean {
  return status === 'RUNNING' || status === 'COMPLETED' || status === 'FAILED';
}

function inOrder(records: readonly MarketRecord[]): readonly MarketRecord[] {
  const first = firstOfPartitions(records);
  return records.toSorted((one, other) => {
    const topics = marketTopics.indexOf(one.topic) - marketTopics.indexOf(other.topic);
    return topics !== 0 ? topics : comparePlaces(one, other, first);
  });
}

function comparePlaces(one: MarketRecord, other: MarketRecord, first: ReadonlyMap<string, LogPlace>): number {
  // Those that are not in the log yet keep the order in which they were committed.
  if (one.place === null || other.place === null) return Number(one.place === null) - Number(other.place === null);
  if (one.place.partition === other.place.partition) return one.place.offset - other.place.offset;
  const begun = (record: MarketRecord, { partition }: LogPlace): number =>
    first.get(`${record.topic} ${partition}`)?.atMs ?? 0;
  return begun(one, one.place) - begun(other, other.place) || one.place.partition - other.place.partition;
}

/** A topic that grew has moved the task to another partition: the partition whose records began first goes first. */
function firstOfPartitions(records: readonly MarketRecord[]): ReadonlyMap<string, LogPlace> {
  const first = new Map<string, LogPlace>();
  for (const { topic, place } of records) {
    if (place === null) continue;
    const known = first.get(`${topic} ${place.partition}`);
    if (known === undefined || place.offset < known.offset) first.set(`${topic} ${place.partition}`, place);
  }
  return first;
}
