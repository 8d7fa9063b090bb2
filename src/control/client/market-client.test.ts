import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, ParleyError, systemClock } from '../../base/index.ts';
import type { SseEvent } from '../../protocol/index.ts';
import { createMarketClient } from './market-client.ts';
import type { NodeCall, NodeConnection } from './node-connection.ts';

// Waiting between tries is not what these tests are about.
const impatient: Clock = { ...systemClock, schedule: (_, run) => systemClock.schedule(0, run) };

type Answer = readonly string[] | ParleyError;

/** A node that answers each stream that is asked for with the next of these: phases, or why there is none. */
function connect(...answers: readonly Answer[]): { connection: NodeConnection; asked: NodeCall[] } {
  const asked: NodeCall[] = [];
  const connection: NodeConnection = {
    json: () => Promise.reject(new Error('No test asks for it.')),
    async events(call) {
      const answer = answers[asked.length] ?? [];
      asked.push(call);
      if (answer instanceof ParleyError) throw answer;
      return stream(answer);
    },
    close: async () => {},
  };
  return { connection, asked };
}

async function* stream(phases: readonly string[]): AsyncGenerator<SseEvent, void, undefined> {
  for (const phase of phases) yield { data: JSON.stringify(phase === 'error' ? failure : { taskId: 'n1', phase }) };
}

const failure = { error: { code: 'NOT_FOUND', message: 'It was removed.' } };

async function follow(connection: NodeConnection, signal = new AbortController().signal): Promise<readonly string[]> {
  const phases: string[] = [];
  for await (const { phase } of createMarketClient(connection, impatient).follow('n1', signal)) phases.push(phase);
  return phases;
}

test('a stream that is cut is opened again, and each state is told once', async () => {
  const away = new ParleyError('UNREACHABLE', 'The node restarts.');
  const { connection, asked } = connect(['tendered', 'running'], away, ['running', 'completed']);
  assert.deepEqual(await follow(connection), ['tendered', 'running', 'completed']);
  assert.deepEqual(
    asked.map(({ path }) => path),
    Array.from({ length: 3 }, () => '/api/v1/market/negotiations/n1/follow'),
  );
});

test('a stream that ends with the negotiation is not opened again', async () => {
  const { connection, asked } = connect(['withdrawn']);
  assert.deepEqual(await follow(connection), ['withdrawn']);
  assert.equal(asked.length, 1);
});

test('what the node refuses is told at once, also in the middle of a stream', async () => {
  const refused = connect(new ParleyError('NOT_FOUND', 'There is none.'));
  await assert.rejects(follow(refused.connection), { code: 'NOT_FOUND' });
  await assert.rejects(follow(connect(['tendered', 'error']).connection), { code: 'NOT_FOUND' });
});

test('a node that was never reached is given up at once, one that stays away after some tries', async () => {
  const away = new ParleyError('UNREACHABLE', 'Nobody listens.');
  const never = connect(away);
  await assert.rejects(follow(never.connection), { code: 'UNREACHABLE' });
  assert.equal(never.asked.length, 1);
  const gone = connect(['tendered'], ...Array.from({ length: 20 }, () => away));
  await assert.rejects(follow(gone.connection), { code: 'UNREACHABLE' });
  assert.equal(gone.asked.length, 9);
});

test('who has enough is not kept waiting', async () => {
  const abort = new AbortController();
  const { connection } = connect(['tendered']);
  const followed = follow(connection, abort.signal);
  abort.abort(new ParleyError('CANCELED', 'Enough.'));
  await assert.rejects(followed);
});
