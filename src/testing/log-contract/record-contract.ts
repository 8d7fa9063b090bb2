import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { partitionOf } from '../../log/index.ts';
import { contractRecordBytes, type LogTest, rejectsWithCode, textOf, textRecord, textsIn } from './subject.ts';

/** Publishing and reading. */
export function recordContract(logTest: LogTest): void {
  logTest('a record is read as it was published, in the partition of its key', async ({ log, topic }) => {
    const name = await topic({ partitions: 3 });
    const value = Buffer.from([0, 255, 10, 13, 0, 128]);
    const record = {
      key: 'task-ö',
      value,
      headers: { traceparent: '00-ab', empty: '' },
      timestampMs: 1_700_000_000_123,
    };
    const [place] = await log.publish(name, [record]);
    const partition = partitionOf('task-ö', 3);
    assert.deepEqual(place, { topic: name, partition, offset: 0 });
    const page = await log.read({ topic: name, partition, limit: 10 });
    const [read] = page.records;
    assert.deepEqual({ ...read, value: [...(read?.value ?? [])] }, { ...place, ...record, value: [...value] });
    assert.deepEqual([page.nextOffset, page.endOffset], [1, 1]);
  });

  logTest('a record may be without key, without headers, and without value', async ({ log, topic }) => {
    const name = await topic();
    const beforeMs = Date.now();
    await log.publish(name, [{ value: new Uint8Array() }, { key: 'gone', value: null }]);
    const { records } = await log.read({ topic: name, partition: 0, limit: 10 });
    const [first, second] = records;
    assert.deepEqual([first?.key, first?.value?.byteLength, first?.headers], [undefined, 0, {}]);
    assert.ok((first?.timestampMs ?? 0) >= beforeMs);
    assert.deepEqual([second?.key, second?.value], ['gone', null]);
  });

  logTest('calls of one turn on one key keep their order, and each is told its places', async ({ log, topic }) => {
    const name = await topic({ partitions: 2 });
    const calls = Array.from({ length: 50 }, (_, n) =>
      log.publish(name, [textRecord(`${n}a`, 'k'), textRecord(`${n}b`, 'k')]),
    );
    const offsets = (await Promise.all(calls)).flat().map(({ offset }) => offset);
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
    const texts = await textsIn(log, name, partitionOf('k', 2));
    assert.deepEqual(texts, Array.from({ length: 50 }, (_, n) => [`${n}a`, `${n}b`]).flat());
  });

  logTest('a partition is read in pages, from any offset', async ({ log, topic }) => {
    const name = await topic();
    await log.publish(
      name,
      Array.from({ length: 25 }, (_, n) => textRecord(String(n))),
    );
    const page = await log.read({ topic: name, partition: 0, offset: 20, limit: 3 });
    assert.deepEqual(page.records.map(textOf), ['20', '21', '22']);
    assert.deepEqual([page.nextOffset, page.endOffset], [23, 25]);
    const last = await log.read({ topic: name, partition: 0, offset: page.nextOffset, limit: 3 });
    assert.deepEqual([last.records.map(textOf), last.nextOffset], [['23', '24'], 25]);
    const behind = await log.read({ topic: name, partition: 0, offset: 25, limit: 3 });
    assert.deepEqual([behind.records, behind.nextOffset], [[], 25]);
  });

  logTest('pages that are read while others publish have each record once', async ({ log, topic }) => {
    const name = await topic();
    const count = 1_000;
    let published = 0;
    const publish = async (): Promise<void> => {
      while (published < count) await log.publish(name, [textRecord(String(published++))]);
    };
    const offsets: number[] = [];
    const read = async (): Promise<void> => {
      for (let offset = 0; offsets.length < count; ) {
        const page = await log.read({ topic: name, partition: 0, offset, limit: 100 });
        offsets.push(...page.records.map((record) => record.offset));
        offset = page.nextOffset;
        await setImmediate();
      }
    };
    await Promise.all([publish(), publish(), read()]);
    assert.deepEqual(
      offsets,
      Array.from({ length: count }, (_, offset) => offset),
    );
  });

  logTest('a partition is read from a time on', async ({ log, topic }) => {
    const name = await topic();
    const startMs = Date.now() - 100_000;
    for (let n = 0; n < 20; n++)
      await log.publish(name, [{ ...textRecord(String(n)), timestampMs: startMs + n * 1_000 }]);
    const since = (sinceMs: number) => log.read({ topic: name, partition: 0, sinceMs, limit: 2 });
    assert.deepEqual((await since(startMs + 7_500)).records.map(textOf), ['8', '9']);
    assert.deepEqual((await since(0)).records.map(textOf), ['0', '1']);
    assert.deepEqual((await since(Date.now() + 100_000)).records, []);
  });

  logTest('what was published is there after a restart, and offsets go on', async ({ log, topic, reopen }) => {
    const name = await topic();
    await log.publish(name, [textRecord('1'), textRecord('2')]);
    const again = await reopen();
    const [place] = await again.publish(name, [textRecord('3')]);
    assert.deepEqual(await textsIn(again, name), ['1', '2', '3']);
    assert.equal(place?.offset, 2);
  });

  logTest('a record that is too large is refused, and nothing of its batch is published', async ({ log, topic }) => {
    const name = await topic();
    const large = { value: new Uint8Array(contractRecordBytes + 1) };
    await rejectsWithCode(log.publish(name, [textRecord('1'), large]), 'PAYLOAD_TOO_LARGE');
    assert.deepEqual(await textsIn(log, name), []);
  });

  logTest('a key that is empty or too long is refused', async ({ log, topic }) => {
    const name = await topic();
    await rejectsWithCode(log.publish(name, [textRecord('1', '')]), 'INVALID_PARAMS');
    await rejectsWithCode(log.publish(name, [textRecord('1', 'k'.repeat(1_025))]), 'INVALID_PARAMS');
  });

  logTest('a log that is closed says so', async ({ log, topic }) => {
    const name = await topic();
    await log.close();
    await rejectsWithCode(log.publish(name, [textRecord('1')]), 'STORE_CLOSED');
    await rejectsWithCode(log.read({ topic: name, partition: 0, limit: 1 }), 'STORE_CLOSED');
  });
}
