import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createSseParser } from '../../../src/protocol/index.ts';
import { writePackage } from '../../faults/runtime-fixture.ts';
import { type A2aBindings, openBindings } from '../../support/a2a-bindings.ts';
import { type Gate, openGate } from '../../support/gate.ts';
import {
  createTestFolder,
  deployHealthy,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../../support/test-node.ts';

interface Task {
  readonly id: string;
  readonly contextId: string;
  readonly status: { readonly state: string; readonly message?: { readonly parts: readonly object[] } };
  readonly artifacts?: readonly { readonly parts: readonly object[] }[];
}

/** Needs somebody's consent: it comes as a message, or by a way of its own past A2A, which the gate stands for. */
const code = `
import { connect } from 'node:net';
const outside = () => new Promise((resolve) => {
  const socket = connect(process.env.GATE, () => socket.write('consent ' + process.pid + '\\n'));
  socket.once('data', () => { socket.destroy(); resolve({ text: 'from outside' }); });
});
export async function pay({ by }, context) {
  const asked = context.ask('Say yes at https://bank.example/consent', { state: 'auth-required' });
  const { text } = await (by === 'outside' ? outside() : asked);
  return 'paid with ' + text;
}
`;
const manifest = 'name: payer\nversion: 1.0.0\nruntime: node24\nexports:\n  - { name: pay, handler: agent.pay }\n';

let folder = '';
let gate: Gate;
let node: TestNode;
let opened: A2aBindings;

before(async () => {
  folder = await createTestFolder();
  node = await startTestNode();
  gate = await openGate(folder);
  const source = await writePackage(folder, 'payer', { 'agent.yaml': manifest, 'agent.js': code });
  await deployHealthy(node, { source, environment: { GATE: gate.path } });
  opened = await openBindings(node);
});

after(async () => {
  opened?.close();
  await gate?.close();
  await node?.close();
  await removeFolder(folder);
});

function createSend(part: object, more: object = {}): object {
  return {
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [part], metadata: { skill: 'pay' }, ...more },
  };
}

test('an agent that needs authorization has a task for it, which says what is needed and takes a message then', async () => {
  for (const ask of Object.values(opened.bindings)) {
    const { task } = (await ask('payer', 'SendMessage', createSend({ data: {} }))) as unknown as {
      readonly task: Task;
    };
    assert.equal(task.status.state, 'TASK_STATE_AUTH_REQUIRED');
    assert.deepEqual(task.status.message?.parts, [{ text: 'Say yes at https://bank.example/consent' }]);
    const answer = createSend({ text: 'my consent' }, { taskId: task.id });
    const { task: done } = (await ask('payer', 'SendMessage', answer)) as unknown as { readonly task: Task };
    assert.equal(done.status.state, 'TASK_STATE_COMPLETED');
    assert.deepEqual(
      done.artifacts?.flatMap(({ parts }) => parts),
      [{ text: 'paid with my consent' }],
    );
  }
});

test('a stream stays open while authorization is waited for, and goes on when that comes by another way', async () => {
  const answer = await fetch(`${node.url}/a2a/payer/message:stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify(createSend({ data: { by: 'outside' } })),
  });
  const seen: string[] = [];
  const parser = createSseParser(({ data }) => {
    seen.push(/TASK_STATE_\w+|paid with [\w ]+/.exec(data)?.[0] ?? '');
    if (seen.at(-1) === 'TASK_STATE_AUTH_REQUIRED') void gate.arrived('consent').then(() => gate.open('consent'));
  });
  for await (const chunk of answer.body ?? []) parser.push(chunk);
  assert.deepEqual(seen.slice(-3), ['TASK_STATE_AUTH_REQUIRED', 'paid with from outside', 'TASK_STATE_COMPLETED']);
});
