import { ParleyError } from '../../base/index.ts';
import { topicNotFound } from '../check-input.ts';
import { mergeByTime } from '../merge-by-time.ts';
import type { Log, LogRecord, NewRecord } from '../port.ts';
import { matchesFilter, type RecordFilter } from '../record-filter.ts';
import { wantedRanges } from '../wanted-ranges.ts';
import { formatSpans, parseSpans, type Span } from './spans.ts';

/** Which records are to be delivered again, and where. */
export interface CopyRequest extends RecordFilter {
  readonly topic: string;
  /** Another topic. */
  readonly to: string;
  /** Of the step before; without it the first step says how far the copy goes, whatever is published meanwhile. */
  readonly cursor?: string | undefined;
  /** Counts, and publishes nothing. */
  readonly isDry: boolean;
}

/** One step of a copy. */
export interface CopyStep {
  /** Records looked at in this step. */
  readonly scanned: number;
  /** Of these, the ones that are meant: published, unless the run is dry. */
  readonly copied: number;
  /** Records that are left to be looked at. */
  readonly left: number;
  readonly cursor: string;
  readonly isEnd: boolean;
}

/** The header that says where a record was before: `TOPIC/PARTITION/OFFSET`. */
const replayedFrom = 'replayed-from';

const partitionsAtOnce = 16;
const pageLimit = 200;

/**
 * Delivers the next records of the range to the other topic, in the order of their partition, with key, value, headers and time as they
 * are and `replayed-from` beside. What a step that has failed had published comes again with the next try of the same cursor: consumers
 * drop by that header what they have seen. NOT_FOUND; INVALID_PARAMS when the topic is to go into itself,
 * or into one of the fabric's own.
 */
export async function copyRecords(
  log: Pick<Log, 'read' | 'describeTopic' | 'publish'>,
  request: CopyRequest,
): Promise<CopyStep> {
  const { topic, to, isDry, cursor } = request;
  if (topic === to) throw intoItself(topic);
  if (to.startsWith('_')) throw intoFabric(to);
  const spans = cursor === undefined ? await findSpans(log, request) : parseSpans(cursor);
  if ((await log.describeTopic(to)) === undefined) throw topicNotFound(to);
  const open = spans.filter(({ offset, end }) => offset < end).slice(0, partitionsAtOnce);
  const pages = await Promise.all(open.map((span) => readSpan(log, request, span)));
  const records = mergeByTime(
    pages.map((page) => page.records.filter((record) => matchesFilter(record, request))),
    Number.POSITIVE_INFINITY,
  );
  if (!isDry && records.length > 0) await log.publish(to, records.map(toCopy));
  const moved = new Map(pages.map(({ span }) => [span.partition, span]));
  const next = spans.map((span) => moved.get(span.partition) ?? span);
  const left = next.reduce((sum, { offset, end }) => sum + Math.max(0, end - offset), 0);
  const scanned = pages.reduce((sum, page) => sum + page.records.length, 0);
  return { scanned, copied: records.length, left, cursor: formatSpans(next), isEnd: left === 0 };
}

async function findSpans(log: Pick<Log, 'describeTopic'>, { topic, partition }: CopyRequest): Promise<readonly Span[]> {
  const described = await log.describeTopic(topic);
  if (described === undefined) throw topicNotFound(topic);
  return wantedRanges(described, partition).map((range) => ({
    partition: range.partition,
    offset: range.beginOffset,
    end: range.endOffset,
  }));
}

interface SpanPage {
  readonly span: Span;
  readonly records: readonly LogRecord[];
}

async function readSpan(log: Pick<Log, 'read'>, request: CopyRequest, span: Span): Promise<SpanPage> {
  const { topic, sinceMs } = request;
  const { partition, offset, end } = span;
  const page = await log.read({
    topic,
    partition,
    offset,
    limit: pageLimit,
    ...(sinceMs !== undefined && { sinceMs }),
  });
  const records = page.records.filter((record) => record.offset < end);
  const isOver = records.length < page.records.length || page.records.length === 0;
  return { records, span: { partition, end, offset: isOver ? end : Math.min(page.nextOffset, end) } };
}

function toCopy({ topic, partition, offset, key, value, headers, timestampMs }: LogRecord): NewRecord {
  const from = `${topic}/${partition}/${offset}`;
  return { key, value, timestampMs, headers: { ...headers, [replayedFrom]: from } };
}

function intoFabric(to: string): ParleyError {
  const message = `Topic ${to} belongs to the fabric itself, and takes no records of others. Name another topic.`;
  return new ParleyError('INVALID_PARAMS', message, { details: { topic: to } });
}

function intoItself(topic: string): ParleyError {
  const message = `Topic ${topic} cannot be replayed into itself: it would never end. Name another topic, or set a group back with --group.`;
  return new ParleyError('INVALID_PARAMS', message, { details: { topic } });
}
