import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred, hasCode } from '../../base/index.ts';
import type { Driver, Producer } from './library.ts';
import { ProducerLane } from './producer-lane.ts';
import type { WireRecord } from './record-codec.ts';

interface Request {
  readonly values: readonly string[];
  readonly done: PromiseWithResolvers<void>;
}

/** A lane over a producer whose requests the test answers. */
function createLane(): { readonly lane: ProducerLane; readonly requests: Request[] } {
  const requests: Request[] = [];
  const ends = new Map<number, number>();
  const producer = {
    async send({ messages }: { messages: readonly WireRecord[] }) {
      const done = deferred<void>();
      requests.push({ values: messages.map(({ value }) => String(value).slice(0, 10)), done });
      await done.promise;
      const partitions = [...new Set(messages.map(({ partition }) => partition))];
      const offsets = partitions.map((partition) => ({
        topic: 't',
        partition,
        offset: BigInt(ends.get(partition) ?? 0),
      }));
      for (const { partition } of messages) ends.set(partition, (ends.get(partition) ?? 0) + 1);
      return { offsets };
    },
  };
  const driver = { target: 'kafka://k:9092' } as Driver;
  return { lane: new ProducerLane('t', producer as unknown as Producer, driver), requests };
}

const record = (value: string, partition = 0) => ({ partition, value: Buffer.from(value) });

test('what comes while a request is under way leaves together in the next, and each call is told its places', async () => {
  const { lane, requests } = createLane();
  const first = lane.send([record('a')]);
  const others = Promise.all([lane.send([record('b'), record('c', 1)]), lane.send([record('d')])]);
  requests[0]?.done.resolve();
  assert.deepEqual(await first, [{ topic: 't', partition: 0, offset: 0 }]);
  assert.deepEqual(requests[1]?.values, ['b', 'c', 'd']);
  requests[1]?.done.resolve();
  const offsets = (await others).map((places) => places.map(({ partition, offset }) => [partition, offset]));
  assert.deepEqual(offsets, [
    [
      [0, 1],
      [1, 0],
    ],
    [[0, 2]],
  ]);
});

test('when a request fails, what waits behind it fails too, and the lane goes on afterwards', async () => {
  const { lane, requests } = createLane();
  const calls = [lane.send([record('a')]), lane.send([record('b')])];
  requests[0]?.done.reject(new Error('gone'));
  for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
    assert.ok(hasCode(reason, 'UNAVAILABLE'), String(reason));
  }
  assert.equal(requests.length, 1);
  const next = lane.send([record('c')]);
  requests[1]?.done.resolve();
  assert.equal((await next)[0]?.offset, 0);
});

test('a call beyond what a broker takes in one batch is cut, and nothing is sent of it after a part that failed', async () => {
  const { lane, requests } = createLane();
  const large = 'x'.repeat(300_000);
  const call = lane.send([record(`1${large}`), record(`2${large}`), record(`3${large}`), record('4', 1)]);
  assert.equal(requests[0]?.values.length, 2);
  requests[0]?.done.reject(new Error('gone'));
  await assert.rejects(call);
  assert.equal(requests.length, 1);
});
