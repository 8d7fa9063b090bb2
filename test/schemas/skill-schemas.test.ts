import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deployHealthy, startTestNode, type TestNode, untilDeployment } from '../support/test-node.ts';

let node: TestNode;

before(async () => {
  node = await startTestNode();
});

after(() => node.close());

async function writePackage(name: string, refs: string): Promise<{ readonly kind: 'folder'; readonly path: string }> {
  const path = join(node.dataFolder, 'sources', name);
  await mkdir(path, { recursive: true });
  const manifest = `name: ${name}\nversion: 1.0.0\nruntime: node24\nexports:\n  - name: price\n    handler: agent.price\n${refs}`;
  await writeFile(join(path, 'agent.yaml'), manifest);
  await writeFile(
    join(path, 'agent.mjs'),
    'export const price = ({ id, loud }) => (loud ? { wrong: id } : { id, note: "n" });\n',
  );
  return { kind: 'folder', path };
}

const job = (...fields: readonly object[]): string => JSON.stringify({ type: 'record', name: 'Job', fields });

async function call(agent: string, data: object): Promise<Record<string, unknown>> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ data }] };
  const response = await fetch(`${node.url}/a2a/${agent}/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  return (await response.json()) as Record<string, unknown>;
}

test('a skill that names a schema takes what fits, and refuses the rest with the field', async () => {
  const { schemas } = node.client;
  await schemas.register(
    'price-value',
    job({ name: 'id', type: 'string' }, { name: 'n', type: 'int', default: 1 }),
    'NONE',
  );
  await schemas.register('priced-value', job({ name: 'id', type: 'string' }));
  const refs = '    input_schema_ref: price-value\n    output_schema_ref: priced-value@1\n';
  await deployHealthy(node, { source: await writePackage('pricer', refs) });

  assert.match(JSON.stringify(await call('pricer', { id: 'a' })), /TASK_STATE_COMPLETED/);
  const refused = JSON.stringify(await call('pricer', { id: 5 }));
  assert.match(refused, /does not take this input/);
  assert.match(refused, /\/id/);
  assert.match(JSON.stringify(await call('pricer', { id: 'a', loud: true })), /OUTPUT_INVALID/);

  await schemas.register('price-value', job({ name: 'other', type: 'int' }));
  assert.match(JSON.stringify(await call('pricer', { id: 'a' })), /TASK_STATE_COMPLETED/);
});

test('a package whose skill names a schema that is not registered fails, and says which', async () => {
  const { id } = await node.client.deployments.deploy({
    source: await writePackage('astray', '    input_schema_ref: nowhere-value\n'),
  });
  const { message } = await untilDeployment(node, id, ({ status }) => status === 'failed');
  assert.match(message ?? '', /Skill price names the schema nowhere-value: .*not found/);
});

test('a skill that has a schema and names one is refused', async () => {
  const both = '    input_schema_ref: a\n    input_schema: { type: object }\n';
  const source = await writePackage('both', both);
  await assert.rejects(node.client.deployments.deploy({ source }), /write one of them/);
});
