import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type Gate, openGate } from '../support/gate.ts';
import { a2aPython, oldA2aPython, requires } from '../support/requires.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

let node: TestNode;
let gate: Gate;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode(), openGate(folder)]);
  const path = fixtureAgent('node');
  await deployHealthy(node, { source: { kind: 'folder', path }, environment: { GATE: gate.path } });
});

after(async () => {
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

const run = promisify(execFile);

/** What the program saw of the agent. */
async function visit(python: string, program: string, ...args: readonly string[]): Promise<unknown> {
  const path = join(import.meta.dirname, 'python-clients', program);
  const { stdout } = await run(python, [path, `${node.url}/a2a/node-tester`, ...args], { timeout: 60_000 });
  return JSON.parse(stdout);
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte);
const chunks = ['one ', 'two ', 'three'];
const common = { data: { sum: 42 }, chunks, file: bytes, fileType: 'application/x-test', sameTask: true };

for (const binding of ['JSONRPC', 'HTTP+JSON']) {
  test(
    `the Python client of 1.0 sends, streams, gets and cancels, with data and files, over ${binding}`,
    requires('a2a-sdk'),
    async () => {
      const error = 'TaskNotFoundError';
      const states = { state: 'TASK_STATE_COMPLETED', canceled: 'TASK_STATE_CANCELED' };
      assert.deepEqual(await visit(a2aPython(), 'current.py', binding), { ...common, ...states, error });
    },
  );
}

test(
  'the Python client of 0.2 finds the card where it looks for it, and sends, streams, gets and cancels',
  requires('a2a-sdk-0.2'),
  async () => {
    const states = { state: 'completed', canceled: 'canceled' };
    assert.deepEqual(await visit(oldA2aPython(), 'old.py'), { ...common, ...states, final: true, error: -32001 });
  },
);
