import { type Clock, createId, ParleyError } from '../../base/index.ts';
import { type ExhaustedRecord, type LogRecord, recordHeaders } from '../../log/index.ts';
import type { Store } from '../../store/index.ts';
import {
  type DeadLetterRule,
  deadLetterCollection,
  deadRecordCollection,
  parseLetter,
  redriveCollection,
  removeLetter,
  writeLetter,
} from '../dead-letter.ts';
import type { LetterKind } from '../dead-letter-service.ts';
import type { RecordLetter } from '../letter.ts';
import { redrivingIndex } from '../letter-indexes.ts';

/** The group that reads, and on whose behalf. */
export interface LetterGroup {
  readonly group: string;
  readonly agentId?: string;
}

/** Dead letters of records, as their groups write and settle them. */
export interface RecordLetters extends LetterKind<RecordLetter> {
  /** Puts the record aside; resolves when that is durable. */
  putAside(exhausted: ExhaustedRecord, reader: LetterGroup): Promise<void>;
  /** What changes whenever there is something new for `redriving`: one look, where that asks all shards. */
  lastWish(group: string): Promise<string | undefined>;
  /** Those that wait to be handled again, in the order of partitions and offsets. */
  redriving(group: string, cursor?: string): Promise<RedrivingPage>;
  /** The record itself; NOT_FOUND when it is no longer kept. */
  recordOf(letter: RecordLetter): Promise<LogRecord>;
  /** It was handled after all. */
  remove(letter: RecordLetter): Promise<void>;
  /** It failed once more, and waits for an operator again. */
  failAgain(letter: RecordLetter, failure: Omit<ExhaustedRecord, 'record'>): Promise<void>;
}

export interface RedrivingPage {
  readonly letters: readonly RecordLetter[];
  readonly cursor?: string | undefined;
}

export interface RecordLettersOptions {
  readonly store: Store;
  readonly rule: Pick<DeadLetterRule, 'keepMs'>;
  readonly clock: Clock;
  /** A record is to be handled again. */
  readonly onRedrive: (group: string) => void;
}

const pageLimit = 200;
const maxReason = 2_000;
/** So many times of redrives are remembered. */
const maxRedrives = 100;

/** Dead letters of records in the store. */
export function createRecordLetters({ store, rule, clock, onRedrive }: RecordLettersOptions): RecordLetters {
  /** Both have the same time to live. */
  const write = (letter: RecordLetter, value: string): Promise<void> => {
    const record = { collection: deadRecordCollection, value, expiresAtMs: letter.failedAtMs + rule.keepMs };
    return store.commit({ key: letter.id, documents: [writeLetter(letter, rule), record] });
  };
  const read = async ({ id }: RecordLetter): Promise<string> => {
    const found = await store.get(deadRecordCollection, id);
    if (found) return found.value;
    throw new ParleyError('NOT_FOUND', `The record of ${id} is no longer kept; it can only be discarded.`);
  };
  const recordOf = async (letter: RecordLetter): Promise<LogRecord> => {
    return { ...placeOf(letter), ...parseRecord(await read(letter)) };
  };
  return {
    putAside: (exhausted, reader) =>
      write(createLetter(exhausted, reader, clock.now()), formatRecord(exhausted.record)),
    lastWish: async (group) => (await store.get(redriveCollection, group))?.value,
    async redriving(group, cursor) {
      const query = { collection: deadLetterCollection, index: redrivingIndex, equals: group, limit: pageLimit };
      const page = await store.find({ ...query, order: 'ascending', ...(cursor !== undefined && { cursor }) });
      const letters = page.documents.map(({ value }) => parseLetter(value));
      return { letters: letters.filter((letter) => letter.kind === 'record'), cursor: page.cursor };
    },
    recordOf,
    remove: ({ id }) => store.commit({ key: id, documents: [removeLetter(), { collection: deadRecordCollection }] }),
    async failAgain(letter, { error, attempts }) {
      const failed = { ...failureOf(error), attempts: letter.attempts + attempts, failedAtMs: clock.now() };
      await write({ ...letter, ...failed, isRedriving: false }, await read(letter));
    },
    async describe(letter) {
      const { headers, value } = await recordOf(letter);
      return { ...letter, headers, value };
    },
    async redrive(letter) {
      if (letter.isRedriving) throw new ParleyError('CONFLICT', `${letter.id} waits to be handled again already.`);
      const redrivenAtMs = [...letter.redrivenAtMs, clock.now()].slice(-maxRedrives);
      await write({ ...letter, isRedriving: true, redrivenAtMs }, await read(letter));
      const wish = { collection: redriveCollection, value: JSON.stringify({ wish: createId() }) };
      await store.commit({ key: letter.group, documents: [wish] });
      onRedrive(letter.group);
    },
  };
}

function createLetter({ record, error, attempts }: ExhaustedRecord, reader: LetterGroup, nowMs: number): RecordLetter {
  const { topic, partition, offset, key, headers, timestampMs } = record;
  const { group, agentId } = reader;
  const { [recordHeaders.correlationId]: correlationId, [recordHeaders.traceparent]: traceparent } = headers;
  return {
    ...{ kind: 'record', id: `${topic}:${partition}:${offset}@${group}`, group, topic, partition, offset },
    ...(key !== undefined && { key }),
    ...(agentId !== undefined && { agentId }),
    ...(correlationId !== undefined && { correlationId }),
    ...(traceparent !== undefined && { traceparent }),
    ...failureOf(error),
    ...{ attempts, publishedAtMs: timestampMs, failedAtMs: nowMs, redrivenAtMs: [], isRedriving: false },
  };
}

function failureOf({ code, message }: ParleyError): Pick<RecordLetter, 'code' | 'reason'> {
  return { code, reason: message.slice(0, maxReason) };
}

function placeOf({ topic, partition, offset }: RecordLetter): Pick<LogRecord, 'topic' | 'partition' | 'offset'> {
  return { topic, partition, offset };
}

type Content = Pick<LogRecord, 'key' | 'headers' | 'value' | 'timestampMs'>;

function formatRecord({ key, headers, value, timestampMs }: LogRecord): string {
  return JSON.stringify({ key, headers, timestampMs, value: value && Buffer.from(value).toString('base64') });
}

function parseRecord(text: string): Content {
  const { key, value, ...rest } = JSON.parse(text) as Omit<Content, 'value'> & { readonly value: string | null };
  return { ...rest, key, value: value === null ? null : Buffer.from(value, 'base64') };
}
