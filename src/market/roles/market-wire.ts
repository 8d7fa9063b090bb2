import { type Clock, hasCode, sleep } from '../../base/index.ts';
import type { LogRecord, NewRecord } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import type { ParsedKey } from '../../security/index.ts';
import { createMarketCodec, type MarketCodec, type WireForm } from '../wire/market-codec.ts';
import { createRecordReader, type RecordReader } from '../wire/read-record.ts';
import type { MarketRecord } from '../wire/records.ts';
import { type ContentKeys, openRecord, sealRecord } from '../wire/seal-contents.ts';
import { createRecordWriter } from '../wire/write-record.ts';

export interface MarketWireOptions {
  /** May fail, and is asked again. */
  readonly schemas: () => Promise<SchemaRegistry>;
  readonly wire: WireForm;
  readonly requireSigned: boolean;
  /** What agents of this fabric sign with. */
  readonly secret: ParsedKey;
  /** The keys that an agent is known by. */
  readonly keysOf: (agentId: string) => readonly ParsedKey[];
  /** The keys of those whose contents are sealed in the log. */
  readonly contents: ContentKeys;
  readonly clock: Clock;
}

/** Records to bytes and back, by a registry that may come later. */
export interface MarketWire {
  /** Has our schemas registered before others register theirs. Never rejects: a registry that is away is asked with the first record. */
  prepare(): Promise<void>;
  /** Fails while the registry is away. */
  encode(record: MarketRecord): Promise<NewRecord>;
  /** Waits for a registry that is away, until the signal aborts; errors as of RecordReader. */
  read(record: LogRecord, signal: AbortSignal): Promise<MarketRecord>;
}

const reopenMs = 1_000;

/** The wire of one node. Nothing is opened before `prepare`, or the first record. */
export function createMarketWire(options: MarketWireOptions): MarketWire {
  const { wire, secret, requireSigned, keysOf, schemas, contents } = options;
  let opened: Promise<MarketCodec> | undefined;
  // One for both ways: what this node has written it reads without asking anybody.
  const open = async (): Promise<MarketCodec> => {
    opened ??= schemas().then((registry) => createMarketCodec({ registry, wire }));
    try {
      return await opened;
    } catch (thrown) {
      opened = undefined;
      throw thrown;
    }
  };
  let reader: RecordReader | undefined;
  return {
    prepare: () =>
      open().then(
        (codec) => codec.prepare().catch(() => {}),
        () => {},
      ),
    async encode(record) {
      const write = createRecordWriter({ codec: await open(), wire, keyOf: () => secret });
      return await write(await sealRecord(record, contents));
    },
    async read(record, signal) {
      reader ??= createRecordReader(await untilOpen(open, options, signal), { keysOf, requireSigned });
      const { read } = reader;
      const readOpen = async (given: LogRecord): Promise<MarketRecord> => openRecord(await read(given), contents);
      return untilAnswered({ read: readOpen, record, signal, clock: options.clock });
    },
  };
}

async function untilOpen(
  open: () => Promise<MarketCodec>,
  { clock }: MarketWireOptions,
  signal: AbortSignal,
): Promise<MarketCodec> {
  for (;;) {
    try {
      return await open();
    } catch (thrown) {
      if (hasCode(thrown, 'CONFIG_INVALID')) throw thrown;
      await sleep(clock, reopenMs, signal);
    }
  }
}

interface Reading {
  readonly read: RecordReader['read'];
  readonly record: LogRecord;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** A registry that does not answer is no fault of the record, which waits: tried a few times it would be put aside. */
async function untilAnswered({ read, record, signal, clock }: Reading): Promise<MarketRecord> {
  for (;;) {
    try {
      return await read(record);
    } catch (thrown) {
      if (!hasCode(thrown, 'UNAVAILABLE')) throw thrown;
      await sleep(clock, reopenMs, signal);
    }
  }
}
