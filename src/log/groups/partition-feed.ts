import { type Clock, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { GroupMember, LogRecord, ReadPage, TopicPartition } from '../port.ts';

/** What a feed reads from. */
export interface FeedSource {
  read(place: TopicPartition, offset: number, limit: number): Promise<Pick<ReadPage, 'records' | 'nextOffset'>>;
  /** How far the group may read for now. */
  readableUntil(place: TopicPartition): Promise<number>;
  /** Resolves when there may be more, or when the signal aborts. */
  untilMore(place: TopicPartition, signal: AbortSignal): Promise<void>;
}

export interface FeedOptions {
  readonly place: TopicPartition;
  readonly offset: number;
  readonly member: GroupMember;
  readonly source: FeedSource;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

const defaultBatch = 256;
const pauseAfterErrorMs = 500;

/** Hands a partition's records to a member, one batch at a time, until the signal aborts. Never rejects; what fails is tried again. */
export async function feedPartition(options: FeedOptions): Promise<void> {
  const { place, source, signal } = options;
  let { offset } = options;
  while (!signal.aborted) {
    try {
      const page = await readNext(options, offset);
      offset = page.nextOffset;
      if (page.records.length === 0) await source.untilMore(place, signal);
      else await handOver(options, page.records);
    } catch (thrown) {
      if (!signal.aborted) await pauseAfter(thrown, options);
    }
  }
}

async function readNext(options: FeedOptions, offset: number): Promise<Pick<ReadPage, 'records' | 'nextOffset'>> {
  const { place, member, source } = options;
  const until = await source.readableUntil(place);
  if (offset >= until) return { records: [], nextOffset: offset };
  const page = await source.read(place, offset, member.maxBatch ?? defaultBatch);
  const records = page.records.filter((record) => record.offset < until);
  return { records, nextOffset: Math.min(page.nextOffset, until) };
}

/** A partition that is taken away is waited for no more. */
function handOver({ place, member, signal }: FeedOptions, records: readonly LogRecord[]): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    member
      .onRecords({ ...place, records })
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

async function pauseAfter(thrown: unknown, { place, clock, logger, signal }: FeedOptions): Promise<void> {
  const { code, message } = ParleyError.from(thrown);
  logger.warn('A partition could not be read; the next try is in half a second.', { ...place, code, reason: message });
  await sleep(clock, pauseAfterErrorMs, signal).catch(() => {});
}
