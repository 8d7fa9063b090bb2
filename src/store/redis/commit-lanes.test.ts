import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, ParleyError } from '../../base/index.ts';
import { CommitLanes, type CommitOutcome } from './commit-lanes.ts';

interface Sent {
  readonly key: string;
  readonly ids: readonly string[];
  answer(outcomes: readonly CommitOutcome[]): void;
  fail(error: Error): void;
}

function createLanes(): { lanes: CommitLanes; sent: Sent[] } {
  const sent: Sent[] = [];
  let count = 0;
  const lanes = new CommitLanes({
    createId: () => String(count++),
    send: (key, commits) =>
      new Promise((answer, fail) => sent.push({ key, ids: commits.map(({ id }) => id), answer, fail })),
  });
  return { lanes, sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('of one key one batch is under way, and what comes meanwhile goes together; other keys do not wait', async () => {
  const { lanes, sent } = createLanes();
  const commits = ['a', 'a', 'a', 'b'].map((key) => lanes.commit({ key }));
  assert.deepEqual(
    sent.map(({ key, ids }) => [key, ...ids]),
    [
      ['a', '0'],
      ['b', '3'],
    ],
  );
  sent[0]?.answer([undefined]);
  await commits[0];
  await turn();
  assert.deepEqual(sent[2]?.ids, ['1', '2']);
});

test('a refused commit does not harm those beside it', async () => {
  const { lanes, sent } = createLanes();
  const [, second, third] = ['a', 'a', 'a'].map((key) => lanes.commit({ key }));
  sent[0]?.answer([undefined]);
  await turn();
  sent[1]?.answer([new ParleyError('FENCED', 'no'), undefined]);
  await assert.rejects(second ?? assert.fail(), (thrown) => hasCode(thrown, 'FENCED'));
  await third;
});

test('when nobody knows what became of a batch, what waits behind it ends with it, and the key goes on', async () => {
  const { lanes, sent } = createLanes();
  const lost = ['a', 'a'].map((key) => lanes.commit({ key }));
  sent[0]?.fail(new ParleyError('UNAVAILABLE', 'away'));
  for (const commit of lost) await assert.rejects(commit, (thrown) => hasCode(thrown, 'UNAVAILABLE'));
  const next = lanes.commit({ key: 'a' });
  sent[1]?.answer([undefined]);
  await next;
  await lanes.drain();
});
