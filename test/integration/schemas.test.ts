import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callHttp, type HttpAnswer } from '../support/http-call.ts';
import { requires } from '../support/requires.ts';
import {
  createTestFolder,
  deployHealthy,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

const schemas = `
    input_schema:
      type: object
      properties: { a: { type: number }, b: { type: number }, files: {}, mode: { type: string, pattern: "^(a+)+$" } }
      required: [a, b]
      additionalProperties: false
    output_schema: { type: object, properties: { sum: { type: number } }, required: [sum] }`;

const packages = {
  'sums-node': {
    'agent.yaml': `name: sums-node
version: 1.0.0
runtime: node24
exports:
  - name: add
    handler: agent:add${schemas}
  - name: stream
    handler: agent:stream
    output_schema: { type: object }
`,
    'agent.mjs': `export const add = ({ a, b }) => (a < 0 ? { sum: 'none' } : { sum: a + b });
export async function* stream() { yield 'a chunk of text'; }
`,
  },
  'sums-python': {
    'agent.yaml': `name: sums-python
version: 1.0.0
runtime: python3.9
exports:
  - name: add
    handler: agent:add${schemas}
`,
    'agent.py': `def add(input):
    return {"sum": "none"} if input["a"] < 0 else {"sum": input["a"] + input["b"]}
`,
  },
} as const;

let folder: string;
let node: TestNode;

before(async () => {
  folder = await createTestFolder();
  for (const [name, files] of Object.entries(packages)) {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text);
  }
  node = await startTestNode();
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

async function deploy(agent: keyof typeof packages): Promise<void> {
  const known = await node.client.agents.list();
  if (known.some(({ id }) => id === agent)) return;
  await deployHealthy(node, { source: { kind: 'folder', path: join(folder, agent) } });
}

type Parts = readonly Record<string, unknown>[];

function send(agent: string, parts: Parts, binding: 'rpc' | 'rest'): Promise<HttpAnswer> {
  const message = { messageId: 'm', role: 'ROLE_USER', parts, metadata: { skill: 'add' } };
  const rpc = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } };
  return callHttp({
    method: 'POST',
    url: `${node.url}/a2a/${agent}${binding === 'rpc' ? '' : '/message:send'}`,
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify(binding === 'rpc' ? rpc : { message }),
  });
}

interface BadRequest {
  readonly '@type': string;
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
}

/** The violations in an error of either binding. */
function violationsOf({ body }: HttpAnswer): BadRequest['fieldViolations'] {
  const { error } = body as { error: { data?: readonly BadRequest[]; details?: readonly BadRequest[] } };
  const details = error.data ?? error.details ?? [];
  return details.find((detail) => detail['@type'].endsWith('BadRequest'))?.fieldViolations ?? [];
}

for (const [agent, needs] of [
  ['sums-node', { skip: false }],
  ['sums-python', requires('python3')],
] as const) {
  test(
    `input that the schema of ${agent} does not take is refused at the door, with the field, in both bindings`,
    needs,
    async () => {
      await deploy(agent);
      const wrong = { field: '/b', description: 'must be a number, and is a text ("x")' };
      const rpc = await send(agent, [{ data: { a: 1, b: 'x' } }], 'rpc');
      assert.equal((rpc.body as { error: { code: number } }).error.code, -32602);
      assert.deepEqual(violationsOf(rpc), [wrong]);
      const rest = await send(agent, [{ data: { action: 'add', a: 1, b: 'x' } }], 'rest');
      assert.equal(rest.status, 400);
      assert.deepEqual(violationsOf(rest), [wrong]);
      const text = await send(agent, [{ text: 'add them' }], 'rest');
      assert.deepEqual(violationsOf(text), [{ field: '/a', description: 'is missing; it must be a number' }]);
      assert.equal((await node.client.tasks.list({ agent, pageSize: 10 })).totalSize, 0);
    },
  );

  test(`input that fits, files beside it, reaches ${agent}, and its result comes back`, needs, async () => {
    await deploy(agent);
    const file = { raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' };
    const { body } = await send(agent, [{ data: { a: 1, b: 2 } }, file], 'rest');
    const { task } = body as { task: { artifacts: readonly { parts: readonly { data: unknown }[] }[] } };
    assert.deepEqual(task.artifacts[0]?.parts[0]?.data, { sum: 3 });
  });

  test(`a result of ${agent} that its schema does not allow fails the task, with the field`, needs, async () => {
    await deploy(agent);
    const { body } = await send(agent, [{ data: { a: -1, b: 2 } }], 'rest');
    const { task } = body as {
      task: { status: { state: string; message: { metadata: Record<string, unknown> } }; artifacts?: unknown[] };
    };
    assert.equal(task.status.state, 'TASK_STATE_FAILED');
    assert.deepEqual(task.status.message.metadata, {
      code: 'OUTPUT_INVALID',
      violations: [{ field: '/sum', description: 'must be a number, and is a text ("none")' }],
    });
    assert.equal(task.artifacts?.length ?? 0, 0);
  });
}

test('a hostile pattern with a hostile input delays nobody', async () => {
  await deploy('sums-node');
  const startedMs = performance.now();
  const answer = await send('sums-node', [{ data: { a: 1, b: 2, mode: `${'a'.repeat(20_000)}!` } }], 'rpc');
  assert.equal(violationsOf(answer)[0]?.field, '/mode');
  assert.ok(performance.now() - startedMs < 2_000);
});

test('chunks of a stream are not checked', async () => {
  await deploy('sums-node');
  const item = await node.client.agent('sums-node').send(
    {
      message: { messageId: 's', role: 'user', parts: [{ text: 'go' }], metadata: { skill: 'stream' } },
      configuration: { returnImmediately: false },
    },
    AbortSignal.timeout(20_000),
  );
  assert.equal(item.kind === 'task' && item.task.status.state, 'completed');
});

test('the schemas of an agent are shown by describe', async () => {
  await deploy('sums-node');
  const { stdout } = await runParley('describe', 'sums-node', '--data-folder', node.dataFolder);
  assert.match(stdout, /add +input +\{ a: number, b: number, files\?: any, mode\?: text \}/);
  assert.match(stdout, /add +output +\{ sum: number \}/);
  const json = await runParley('describe', 'sums-node', '--data-folder', node.dataFolder, '-o', 'json');
  assert.deepEqual(JSON.parse(json.stdout).agent.skills[0].outputSchema.required, ['sum']);
});
