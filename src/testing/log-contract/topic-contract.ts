import assert from 'node:assert/strict';
import { createShortId } from '../../base/index.ts';
import { partitionOf, subscribe } from '../../log/index.ts';
import { type LogTest, rejectsWithCode, textOf, textRecord, textsIn, until } from './subject.ts';

const never = (): Promise<void> => Promise.reject(new Error('exhausted'));

/** Topics: what they are, how they change, what is removed from them. */
export function topicContract(logTest: LogTest): void {
  logTest('a topic is described with its settings and its ranges, and listed', async ({ log, topic }) => {
    const name = await topic({ partitions: 2, retentionMs: 3_600_000 });
    await log.publish(name, [textRecord('1', 'a'), textRecord('2', 'a')]);
    const described = await log.describeTopic(name);
    assert.deepEqual([described?.name, described?.partitions, described?.retentionMs], [name, 2, 3_600_000]);
    const ends = [0, 0];
    ends[partitionOf('a', 2)] = 2;
    assert.deepEqual(
      described?.ranges,
      ends.map((endOffset, partition) => ({ partition, beginOffset: 0, endOffset })),
    );
    assert.ok((await log.listTopics()).some((listed) => listed.name === name && listed.partitions === 2));
  });

  logTest('a topic that is not there is not made in passing', async ({ log }) => {
    const name = `missing-${createShortId()}`;
    assert.equal(await log.describeTopic(name), undefined);
    await rejectsWithCode(log.publish(name, [textRecord('1')]), 'NOT_FOUND');
    await rejectsWithCode(log.read({ topic: name, partition: 0, limit: 1 }), 'NOT_FOUND');
    await rejectsWithCode(log.describeGroup('g', name), 'NOT_FOUND');
    await rejectsWithCode(log.alterTopic(name, { partitions: 2 }), 'NOT_FOUND');
  });

  logTest('a partition that is not there is refused', async ({ log, topic }) => {
    await rejectsWithCode(log.read({ topic: await topic(), partition: 1, limit: 1 }), 'NOT_FOUND');
  });

  logTest('a topic is created once, with a name and figures that make sense', async ({ log, topic }) => {
    const name = await topic();
    await rejectsWithCode(log.createTopic({ name, partitions: 1 }), 'CONFLICT');
    await rejectsWithCode(log.createTopic({ name: '../x', partitions: 1 }), 'INVALID_PARAMS');
    await rejectsWithCode(log.createTopic({ name: 'x', partitions: 0 }), 'INVALID_PARAMS');
  });

  logTest('partitions become more, never fewer', async ({ log, topic }) => {
    const name = await topic({ partitions: 2 });
    await log.alterTopic(name, { partitions: 3 });
    assert.equal((await log.describeTopic(name))?.ranges.length, 3);
    await rejectsWithCode(log.alterTopic(name, { partitions: 2 }), 'INVALID_PARAMS');
  });

  logTest("a key's records keep their order while its topic grows", async ({ log, topic, group, options }) => {
    if (options.growsInOrder === false) return;
    const name = await topic({ partitions: 2 });
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const publishRound = (round: number) =>
      log.publish(
        name,
        keys.map((key) => textRecord(String(round), key)),
      );
    for (let round = 0; round < 5; round++) await publishRound(round);
    await log.alterTopic(name, { partitions: 5 });
    for (let round = 5; round < 10; round++) await publishRound(round);
    const seen = new Map<string, string[]>(keys.map((key) => [key, []]));
    const subscription = await subscribe({
      ...{ log, group, topics: [name], onExhausted: never },
      handle: async (record) => void seen.get(record.key ?? '')?.push(textOf(record)),
    });
    await until('all are handled', () => [...seen.values()].every((rounds) => rounds.length >= 10));
    await subscription.close();
    const inOrder = Array.from({ length: 10 }, (_, round) => String(round));
    for (const [key, rounds] of seen) assert.deepEqual(rounds, inOrder, key);
  });

  logTest('a topic grows under a member at work, which gets the new partitions too', async ({ log, topic, group }) => {
    const name = await topic();
    const seen: string[] = [];
    const subscription = await subscribe({
      ...{ log, group, topics: [name], onExhausted: never },
      handle: async (record) => void seen.push(textOf(record)),
    });
    await log.alterTopic(name, { partitions: 4 });
    await log.publish(
      name,
      Array.from({ length: 40 }, (_, n) => textRecord(String(n), `key-${n}`)),
    );
    await until('all are handled', () => seen.length === 40);
    await subscription.close();
  });

  logTest('records that are older than the retention are removed', async ({ log, topic, options }) => {
    if (options.removesPromptly === false) return;
    const name = await topic({ retentionMs: 60_000 });
    await log.publish(name, [{ ...textRecord('old'), timestampMs: Date.now() - 120_000 }, textRecord('new')]);
    await until('the old one is gone', async () => (await textsIn(log, name)).length === 1);
    const described = await log.describeTopic(name);
    assert.deepEqual(described?.ranges, [{ partition: 0, beginOffset: 1, endOffset: 2 }]);
  });

  logTest('of a partition that is larger than it may be the oldest records are removed', async (context) => {
    const { log, topic, options } = context;
    if (options.removesPromptly === false) return;
    const name = await topic({ retentionBytes: 10_000 });
    const numbered = Array.from({ length: 30 }, (_, n) => textRecord(String(n).padStart(1_000, '0')));
    await log.publish(name, numbered);
    await until('no more than it may hold is there', async () => (await textsIn(log, name)).length <= 10);
    const left = (await textsIn(log, name)).map(Number);
    assert.ok(left.length >= 9, `only ${left.length} are left`);
    assert.deepEqual(left.at(-1), 29);
    await log.publish(name, [textRecord('more')]);
    assert.equal((await textsIn(log, name)).at(-1), 'more');
  });

  logTest('of a compacted topic the newest record of each key stays', async ({ log, topic, options }) => {
    const name = await topic({ isCompacted: true });
    await log.publish(name, [textRecord('1', 'a'), textRecord('1', 'b'), textRecord('2', 'a')]);
    await log.publish(name, [textRecord('3', 'a')]);
    const texts = await textsIn(log, name);
    if (options.removesPromptly === false) assert.ok(texts.includes('3'));
    else assert.deepEqual(texts, ['1', '3']);
  });
}
