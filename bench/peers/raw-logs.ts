import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { Redis } from 'ioredis';

/** A driver that carries values from an end to another, with nothing around it. */
export interface RawLog {
  append(batch: readonly { readonly key: string; readonly value: Buffer }[]): Promise<void>;
  /** Hands out all values that come from now on. */
  consume(onValue: (value: Uint8Array) => void): Promise<void>;
  close(): Promise<void>;
}

/** One transaction for each batch; the reader asks for what came behind its last row. */
export async function openRawSqlite(file: string): Promise<RawLog> {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE records (position INTEGER PRIMARY KEY, key TEXT, value BLOB)');
  const insert = database.prepare('INSERT INTO records (key, value) VALUES (?, ?)');
  const select = database.prepare(
    'SELECT position, value FROM records WHERE position > ? ORDER BY position LIMIT 1000',
  );
  let isOpen = true;
  return {
    async append(batch) {
      database.exec('BEGIN');
      for (const { key, value } of batch) insert.run(key, value);
      database.exec('COMMIT');
      await nextTurn();
    },
    async consume(onValue) {
      let last: number | bigint = 0;
      const read = (): void => {
        if (!isOpen) return;
        const rows = select.all(last) as unknown as readonly { position: number; value: Uint8Array }[];
        for (const { position, value } of rows) {
          last = position;
          onValue(value);
        }
        setImmediate(read);
      };
      read();
    },
    async close() {
      isOpen = false;
      database.close();
    },
  };
}

/** XADD, a pipeline for each batch; XREADGROUP and XACK. */
export async function openRawRedis(url: string, stream: string): Promise<RawLog> {
  const [writer, reader] = [new Redis(url, { protocol: 2 }), new Redis(url, { protocol: 2 })];
  await writer.xgroup('CREATE', stream, 'group', '0', 'MKSTREAM');
  let isOpen = true;
  const read = async (onValue: (value: Uint8Array) => void): Promise<void> => {
    while (isOpen) {
      const command = ['GROUP', 'group', 'me', 'COUNT', 1_000, 'BLOCK', 100, 'STREAMS', stream, '>'];
      const [entries] = ((await reader.callBuffer('XREADGROUP', ...command)) ?? []) as RawEntries[];
      for (const [, fields] of entries?.[1] ?? []) onValue(fields[3] ?? Buffer.alloc(0));
      const ids = (entries?.[1] ?? []).map(([id]) => id);
      if (ids.length > 0) await reader.callBuffer('XACK', stream, 'group', ...ids);
    }
  };
  let reading: Promise<void> | undefined;
  return {
    async append(batch) {
      const pipeline = writer.pipeline();
      for (const { key, value } of batch) pipeline.xadd(stream, '*', 'key', key, 'value', value);
      await pipeline.exec();
    },
    async consume(onValue) {
      reading = read(onValue);
    },
    async close() {
      isOpen = false;
      await reading;
      await Promise.all([writer.quit(), reader.quit()]);
    },
  };
}

type RawEntries = readonly [Buffer, readonly (readonly [Buffer, readonly Buffer[]])[]];

/** One request for each batch, idempotent; the library's own stream, commits once a second. */
export async function openRawKafka(url: string, topic: string): Promise<RawLog> {
  const connection = { clientId: 'raw', bootstrapBrokers: [new URL(url).host] };
  const admin = new Admin(connection);
  await admin.createTopics({ topics: [topic], partitions: 1 });
  await admin.close();
  const producer = new Producer({ ...connection, idempotent: true, acks: -1 });
  const consumer = new Consumer({ ...connection, groupId: topic, maxWaitTime: 500 });
  return {
    async append(batch) {
      const messages = batch.map(({ key, value }) => ({ topic, key: Buffer.from(key), value, partition: 0 }));
      await producer.send({ messages });
    },
    async consume(onValue) {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: 1_000 });
      stream.on('data', ({ value }) => onValue(value));
    },
    async close() {
      await consumer.close(true);
      await producer.close();
    },
  };
}
