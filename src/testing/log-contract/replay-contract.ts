import assert from 'node:assert/strict';
import { createShortId, systemClock } from '../../base/index.ts';
import { type CopyRequest, copyRecords, type Log, type NewRecord, resetGroup, subscribe } from '../../log/index.ts';
import { type LogTest, rejectsWithCode, textOf, textRecord, textsIn, until } from './subject.ts';

/** All steps of a copy; answers how many records went. */
async function copyAll(log: Log, request: Omit<CopyRequest, 'isDry'> & { isDry?: boolean }): Promise<number> {
  let copied = 0;
  for (let cursor: string | undefined; ; ) {
    const step = await copyRecords(log, { isDry: false, ...request, cursor });
    copied += step.copied;
    cursor = step.cursor;
    if (step.isEnd) return copied;
  }
}

/** Records that are delivered again: to another topic, to a group that is set back. */
export function replayContract(logTest: LogTest): void {
  logTest(
    'a range goes to another topic with all that belongs to it, in order, and says where it was',
    async (given) => {
      const { log, topic } = given;
      // What happened long ago would be removed by its age.
      const [from, to] = [await topic({ partitions: 2, retentionMs: 0 }), await topic({ retentionMs: 0 })];
      const record = (n: number): Pick<NewRecord, 'timestampMs' | 'headers'> => ({
        timestampMs: 1_000_000 + n,
        headers: { 'correlation-id': `c${n % 2}` },
      });
      const times = Array.from({ length: 450 }, (_, n) => ({ ...textRecord(String(n), 'one'), ...record(n) }));
      await log.publish(from, times);
      await log.publish(from, [{ ...textRecord('other', 'two'), ...record(3) }]);
      const request = { topic: from, to, key: 'one', sinceMs: 1_000_010, untilMs: 1_000_440, correlationId: 'c1' };
      assert.equal(await copyAll(log, { ...request, isDry: true }), 215);
      assert.deepEqual(await textsIn(log, to), []);
      assert.equal(await copyAll(log, request), 215);
      const wanted = Array.from({ length: 215 }, (_, n) => String(11 + n * 2));
      assert.deepEqual(await textsIn(log, to), wanted);
      const { records } = await log.read({ topic: to, partition: 0, limit: 1 });
      assert.deepEqual([records[0]?.key, records[0]?.timestampMs], ['one', 1_000_011]);
      assert.equal(records[0]?.headers['correlation-id'], 'c1');
      assert.match(records[0]?.headers['replayed-from'] ?? '', new RegExp(`^${from}/[01]/\\d+$`));
    },
  );

  logTest('a copy ends where the topic ended when it began, and never goes into its own topic', async (given) => {
    const { log, topic } = given;
    const [from, to] = [await topic(), await topic()];
    await log.publish(from, [textRecord('a', 'k'), textRecord('b', 'k')]);
    const first = await copyRecords(log, { topic: from, to, isDry: true });
    await log.publish(from, [textRecord('late', 'k')]);
    assert.deepEqual([first.copied, first.isEnd], [2, true]);
    const next = await copyRecords(log, { topic: from, to, isDry: false, cursor: first.cursor });
    assert.deepEqual([next.copied, next.isEnd], [0, true]);
    assert.equal(await copyAll(log, { topic: from, to }), 3, 'a new copy has the new end');
    await rejectsWithCode(copyRecords(log, { topic: from, to: from, isDry: false }), 'INVALID_PARAMS');
    await rejectsWithCode(copyRecords(log, { topic: from, to: '_own', isDry: false }), 'INVALID_PARAMS');
    await rejectsWithCode(copyRecords(log, { topic: from, to: `${to}-gone`, isDry: false }), 'NOT_FOUND');
    await rejectsWithCode(copyRecords(log, { topic: from, to, isDry: false, cursor: '0:x' }), 'INVALID_PARAMS');
  });

  logTest('a group that is set back to a time gets again what came from then on', async ({ log, topic, group }) => {
    const name = await topic({ retentionMs: 0 });
    const at = (text: string, timestampMs: number): NewRecord => ({ ...textRecord(text, 'k'), timestampMs });
    await log.publish(name, [at('a', 1_000_000), at('b', 2_000_000), at('c', 3_000_000)]);
    const seen: string[] = [];
    const follow = (): ReturnType<typeof subscribe> =>
      subscribe({
        ...{ log, group, topics: [name], onExhausted: () => Promise.reject(new Error('exhausted')) },
        handle: async (record) => void seen.push(textOf(record)),
      });
    const lag = async (): Promise<number> => (await log.describeGroup(group, name))[0]?.lag ?? 0;
    const first = await follow();
    await until('all is committed', async () => (await lag()) === 0);
    await first.close();
    const reset = { group, topic: name, sinceMs: 2_000_000 };
    const planned = await resetGroup(log, { ...reset, isDry: true }, systemClock);
    assert.deepEqual([planned[0]?.pending, await lag()], [2, 0], 'a dry run changes nothing');
    assert.deepEqual(await resetGroup(log, { ...reset, isDry: false }, systemClock), planned);
    assert.equal(await lag(), 2);
    const second = await follow();
    await until('two came again', () => seen.length === 5);
    assert.deepEqual(seen, ['a', 'b', 'c', 'b', 'c']);
    await second.close();
  });

  logTest('a group with members at work stays where it is', async ({ log, topic, group }) => {
    const name = await topic({ partitions: 2 });
    await log.publish(name, [textRecord('a', 'k')]);
    const held = new Set<number>();
    const member = await log.join({
      ...{ group, topics: [name], onRecords: async () => {} },
      onAssigned: ({ partition }) => void held.add(partition),
      onRevoked: async ({ partition }) => void held.delete(partition),
    });
    await until('it has all of the topic', () => held.size === 2);
    const impatient = {
      now: () => systemClock.now(),
      schedule: (delayMs: number, run: () => void) => systemClock.schedule(Math.min(delayMs, 500), run),
    };
    await rejectsWithCode(resetGroup(log, { group, topic: name, offset: 0, isDry: false }, impatient), 'CONFLICT');
    await until('it has all of the topic again', () => held.size === 2);
    await member.leave();
    await rejectsWithCode(
      resetGroup(log, { group, topic: `none-${createShortId()}`, isDry: false }, systemClock),
      'NOT_FOUND',
    );
  });
}
