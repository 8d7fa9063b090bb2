import assert from 'node:assert/strict';
import { deferred, ParleyError } from '../../base/index.ts';
import { type Log, type LogRecord, type SubscribeOptions, type Subscription, subscribe } from '../../log/index.ts';
import { type LogTest, type LogTestContext, rejectsWithCode, textOf, textRecord, until } from './subject.ts';

const retry = { attempts: 3, baseMs: 5, multiplier: 2, maxMs: 20 };

/** A subscription that notes what it handles. */
interface Noting {
  readonly seen: string[];
  readonly subscription: Subscription;
}

async function note(
  log: Log,
  options: Pick<SubscribeOptions, 'group' | 'topics'> & Partial<SubscribeOptions>,
): Promise<Noting> {
  const seen: string[] = [];
  const onExhausted = (): Promise<void> => Promise.reject(new Error('exhausted'));
  const handle = async (record: LogRecord): Promise<void> => void seen.push(textOf(record));
  const subscription = await subscribe({ log, retry, onExhausted, handle, ...options });
  return { seen, subscription };
}

async function lagOf(log: Log, group: string, topic: string): Promise<number> {
  return (await log.describeGroup(group, topic)).reduce((sum, { lag }) => sum + lag, 0);
}

function numbered(count: number, from = 0): ReturnType<typeof textRecord>[] {
  return Array.from({ length: count }, (_, n) => textRecord(String(from + n), `key-${n % 17}`));
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort((a, b) => Number(a) - Number(b));
}

/** Groups: who gets what, and where they go on. */
export function groupContract(logTest: LogTest): void {
  logTest('a group gets what is there, then what comes, and its lag goes to nothing', async (context) => {
    const { log, topic, group } = context;
    const name = await topic({ partitions: 3 });
    await log.publish(name, numbered(30));
    const { seen, subscription } = await note(log, { group, topics: [name] });
    await log.publish(name, numbered(30, 30));
    await until('all are handled', () => seen.length === 60);
    await until('all is committed', async () => (await lagOf(log, group, name)) === 0);
    assert.deepEqual(
      sorted(seen),
      Array.from({ length: 60 }, (_, n) => String(n)),
    );
    await subscription.close();
  });

  logTest('a group goes on, after a restart, behind what it has finished', async ({ log, topic, group, reopen }) => {
    const name = await topic();
    await log.publish(name, numbered(5));
    const first = await note(log, { group, topics: [name] });
    await until('five are handled', () => first.seen.length === 5);
    await first.subscription.close();
    const again = await reopen();
    await again.publish(name, numbered(3, 5));
    const second = await note(again, { group, topics: [name] });
    await until('three are handled', () => second.seen.length === 3);
    await second.subscription.close();
    assert.deepEqual(second.seen, ['5', '6', '7']);
  });

  logTest('every group gets every record', async ({ log, topic, group }) => {
    const name = await topic({ partitions: 2 });
    await log.publish(name, numbered(10));
    const both = [await note(log, { group, topics: [name] }), await note(log, { group: `${group}-2`, topics: [name] })];
    await until('both have all', () => both.every(({ seen }) => seen.length === 10));
    for (const { subscription } of both) await subscription.close();
  });

  logTest('a group that asks for the latest begins at the end, and stays there', async ({ log, topic, group }) => {
    const name = await topic();
    await log.publish(name, [textRecord('old')]);
    const first = await note(log, { group, topics: [name], from: 'latest' });
    await first.subscription.close();
    await log.publish(name, [textRecord('new')]);
    const second = await note(log, { group, topics: [name], from: 'latest' });
    await until('the new one is handled', () => second.seen.length === 1);
    assert.deepEqual([first.seen, second.seen], [[], ['new']]);
    await second.subscription.close();
  });

  logTest('what was not finished is handed out again to the next member', async ({ log, topic, group }) => {
    const name = await topic();
    await log.publish(name, [textRecord('1', 'a'), textRecord('2', 'b')]);
    const begun = deferred<void>();
    const stuck = await note(log, {
      ...{ group, topics: [name] },
      async handle(record, { signal }) {
        if (textOf(record) !== '1') return;
        begun.resolve();
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    await begun.promise;
    await stuck.subscription.close();
    assert.equal(await lagOf(log, group, name), 2);
    const next = await note(log, { group, topics: [name] });
    await until('both are handled', () => next.seen.length === 2);
    await next.subscription.close();
  });

  logTest('while a record is retried only its key waits, and nothing behind it is committed', async (context) => {
    const { log, topic, group } = context;
    const name = await topic();
    await log.publish(name, [
      textRecord('a1', 'a'),
      textRecord('b1', 'b'),
      textRecord('a2', 'a'),
      textRecord('b2', 'b'),
    ]);
    const order: string[] = [];
    let failing = true;
    const { subscription } = await note(log, {
      ...{ group, topics: [name], retry: { ...retry, attempts: 10_000 } },
      async handle(record) {
        if (textOf(record) === 'a1' && failing) throw new ParleyError('UNAVAILABLE', 'not yet');
        order.push(textOf(record));
      },
    });
    await until('the other key is done', () => order.length === 2);
    assert.deepEqual(order, ['b1', 'b2']);
    assert.equal(await lagOf(log, group, name), 4);
    failing = false;
    await until('all is committed', async () => (await lagOf(log, group, name)) === 0);
    assert.deepEqual(order, ['b1', 'b2', 'a1', 'a2']);
    await subscription.close();
  });

  logTest('a record that fails for good is handed over, and its key goes on', async ({ log, topic, group }) => {
    const name = await topic();
    await log.publish(name, [textRecord('bad', 'a'), textRecord('good', 'a')]);
    const exhausted: unknown[] = [];
    const seen: string[] = [];
    const { subscription } = await note(log, {
      ...{ group, topics: [name] },
      onExhausted: async ({ record, error, attempts }) => void exhausted.push([textOf(record), error.code, attempts]),
      async handle(record) {
        if (textOf(record) === 'bad') throw new ParleyError('UNAVAILABLE', 'never');
        seen.push(textOf(record));
      },
    });
    await until('all is committed', async () => (await lagOf(log, group, name)) === 0);
    assert.deepEqual([exhausted, seen], [[['bad', 'UNAVAILABLE', 3]], ['good']]);
    await subscription.close();
  });

  logTest('members share the partitions; when one leaves, the other goes on without loss', async (context) => {
    const { log, topic, group } = context;
    const name = await topic({ partitions: 4 });
    const other = (await context.openSecond?.()) ?? log;
    const first = await note(log, { group, topics: [name] });
    const second = await note(other, { group, topics: [name] });
    await until('both have two', () => hasTwo(first) && hasTwo(second));
    await log.publish(name, numbered(100));
    await until('all are handled', () => sorted([...first.seen, ...second.seen]).length === 100);
    assert.ok(first.seen.length > 0 && second.seen.length > 0);
    await first.subscription.close();
    await log.publish(name, numbered(100, 100));
    await until('the other has all', () => sorted([...first.seen, ...second.seen]).length === 200);
    assert.equal(second.subscription.status().partitions.length, 4);
    await second.subscription.close();
  });

  logTest('a seat that was given up commits nothing any more', async ({ log, topic, group }) => {
    const name = await topic();
    const membership = await log.join({
      ...{ group, topics: [name] },
      onAssigned() {},
      onRecords: () => Promise.resolve(),
      onRevoked: () => Promise.resolve(),
    });
    await membership.leave();
    await rejectsWithCode(membership.commit({ topic: name, partition: 0, offset: 1 }), 'FENCED');
  });

  logTest('the next batch of a partition comes only when the last was taken', backPressure);

  logTest('a subscription that pauses takes on no more than its window, and goes on', async (context) => {
    const { log, topic, group } = context;
    const name = await topic();
    const { seen, subscription } = await note(log, {
      group,
      topics: [name],
      window: { records: 10, bytes: 1_000_000 },
    });
    subscription.pause();
    await log.publish(name, numbered(600));
    await until('the window is full', () => subscription.status().unfinished >= 10);
    assert.deepEqual([seen, subscription.status().isPaused], [[], true]);
    assert.ok(subscription.status().unfinished < 600);
    subscription.resume();
    await until('all are handled', () => seen.length === 600);
    await subscription.close();
  });
}

function hasTwo({ subscription }: Noting): boolean {
  return subscription.status().partitions.length === 2;
}

async function backPressure({ log, topic, group }: LogTestContext): Promise<void> {
  const name = await topic();
  await log.publish(name, numbered(20));
  const gate = deferred<void>();
  const batches: number[] = [];
  const membership = await log.join({
    ...{ group, topics: [name], maxBatch: 5 },
    onAssigned() {},
    onRecords({ records }) {
      batches.push(records.length);
      return gate.promise;
    },
    onRevoked: () => Promise.resolve(),
  });
  await until('the first has come', () => batches.length > 0);
  await log.publish(name, numbered(20, 20));
  await log.check();
  assert.equal(batches.length, 1);
  gate.resolve();
  await until('all have come', () => batches.reduce((sum, count) => sum + count, 0) === 40);
  assert.ok(Math.max(...batches) <= 5);
  await membership.leave();
}
