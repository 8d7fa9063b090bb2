import { ParleyError } from '../base/index.ts';
import { topicNotFound } from './check-input.ts';
import { mergeByTime } from './merge-by-time.ts';
import type { Log, LogRecord, PartitionRange, ReadPage } from './port.ts';
import { matchesFilter, type RecordFilter } from './record-filter.ts';
import { wantedRanges } from './wanted-ranges.ts';

/** What is looked for in a topic, over all its partitions. */
export interface TopicSearch extends RecordFilter {
  readonly topic: string;
  /** From an earlier page; goes on behind it. */
  readonly cursor?: string | undefined;
  /** Where to begin without a cursor: at the oldest record, or behind the newest. Default `beginning`. */
  readonly from?: 'beginning' | 'end' | undefined;
  readonly limit: number;
}

export interface SearchPage {
  /** By time, but the records of one partition always in their order. */
  readonly records: readonly LogRecord[];
  readonly cursor: string;
  /** True when there was nothing behind the page when it was read. */
  readonly isEnd: boolean;
}

interface Found {
  readonly partition: number;
  readonly page: ReadPage;
  readonly matching: readonly LogRecord[];
}

/** So many records of each partition are looked at for one page, whether they match or not. */
const scanned = 500;

/** One page of what matches; it may be empty and yet not the end, so that no call takes long. NOT_FOUND; INVALID_PARAMS for a cursor that is none. */
export async function searchTopic(log: Pick<Log, 'read' | 'describeTopic'>, search: TopicSearch): Promise<SearchPage> {
  const described = await log.describeTopic(search.topic);
  if (described === undefined) throw topicNotFound(search.topic);
  const wanted = wantedRanges(described, search.partition);
  const start = parseCursor(search.cursor);
  const found = await Promise.all(wanted.map((range) => readOne(log, search, range, start.get(range.partition))));
  const records = mergeByTime(
    found.map(({ matching }) => matching),
    search.limit,
  );
  const offsets = found.map((one) => [one.partition, nextOffset(one, records)] as const);
  const isEnd = found.every(({ page }, index) => (offsets[index]?.[1] ?? 0) >= page.endOffset);
  return { records, cursor: offsets.map((pair) => pair.join(':')).join(','), isEnd };
}

async function readOne(
  log: Pick<Log, 'read'>,
  search: TopicSearch,
  range: PartitionRange,
  after: number | undefined,
): Promise<Found> {
  const { topic, from, sinceMs } = search;
  const { partition, endOffset } = range;
  const offset = after ?? (from === 'end' ? endOffset : 0);
  const page = await log.read({ topic, partition, offset, limit: scanned, ...(sinceMs !== undefined && { sinceMs }) });
  return { partition, page, matching: page.records.filter((record) => matchesFilter(record, search)) };
}

/** What matched and did not fit comes with the next page; what did not match is passed over. */
function nextOffset({ partition, page, matching }: Found, taken: readonly LogRecord[]): number {
  const count = taken.filter((record) => record.partition === partition).length;
  return matching[count]?.offset ?? page.nextOffset;
}

function parseCursor(cursor = ''): ReadonlyMap<number, number> {
  const pairs = cursor === '' ? [] : cursor.split(',');
  if (!pairs.every((pair) => /^\d{1,4}:\d{1,15}$/.test(pair))) {
    const message = 'The cursor is none of this log. Give the one that came with a page, as it was, or none.';
    throw new ParleyError('INVALID_PARAMS', message);
  }
  return new Map(pairs.map((pair) => pair.split(':').map(Number) as [number, number]));
}
