import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { findApicurio, startApicurio } from '../../scripts/services/apicurio.ts';
import { freePorts } from '../../scripts/services/free-port.ts';
import { isObject } from '../../src/base/index.ts';
import { requires } from '../support/requires.ts';
import { startTestNode } from '../support/test-node.ts';
import { type RegistryRow, registryTable } from './registry-table.ts';

/** Keys of answers that every registry has; some add more. */
const shown = ['compatibility', 'compatibilityLevel', 'id', 'is_compatible', 'mode', 'subject', 'version'];

async function ask(
  root: string,
  { request, body }: RegistryRow,
  { token, ids }: { readonly token: string; readonly ids: Map<unknown, string> },
): Promise<string> {
  const [method = '', path = ''] = request.split(' ');
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json', authorization: `Bearer ${token}` };
  const response = await fetch(root + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const answer: unknown = await response.json().catch(() => undefined);
  const fields = isObject(answer) ? answer : {};
  if (response.status >= 400) return `${response.status} ${fields['error_code']}`;
  if (!isObject(answer)) return `${response.status} ${JSON.stringify(answer)}`;
  const known = shown
    .filter((key) => key in answer)
    .map((key) => [key, key === 'id' ? label(ids, answer[key]) : answer[key]]);
  return `${response.status} ${JSON.stringify(Object.fromEntries(known))}`;
}

function label(ids: Map<unknown, string>, id: unknown): string {
  const known = ids.get(id) ?? `#${ids.size + 1}`;
  ids.set(id, known);
  return known;
}

async function askAll(root: string, token: string): Promise<readonly string[]> {
  const ids = new Map<unknown, string>();
  const answers: string[] = [];
  for (const row of registryTable) answers.push(`${row.request}: ${await ask(root, row, { token, ids })}`);
  return answers;
}

test("the node's registry answers as Confluent's does", async () => {
  const node = await startTestNode();
  try {
    const answers = await askAll(`${node.url}/schema-registry`, node.token);
    assert.deepEqual(
      answers,
      registryTable.map(({ request, answer }) => `${request}: ${answer}`),
    );
  } finally {
    await node.close();
  }
});

test('a registry that is not ours answers the same, but for what the table names', requires('apicurio'), async () => {
  const [port = 0] = await freePorts(1);
  const server = await startApicurio(findApicurio() ?? '', port);
  try {
    const answers = await askAll(`http://127.0.0.1:${port}/apis/ccompat/v7`, '');
    assert.deepEqual(
      answers,
      registryTable.map(({ request, answer, apicurio }) => `${request}: ${apicurio ?? answer}`),
    );
  } finally {
    const ended = once(server, 'close');
    server.kill('SIGKILL');
    await ended;
  }
});

test('schemas and their ids are there after kill -9', async () => {
  const node = await startTestNode();
  const schema = JSON.stringify({ type: 'record', name: 'Kept', fields: [] });
  const { id } = await node.client.schemas.register('kept-value', schema, 'FULL_TRANSITIVE');
  await node.kill();
  const again = await startTestNode({ dataFolder: node.dataFolder });
  try {
    const found = await again.client.schemas.show('kept-value');
    assert.deepEqual([found.id, found.schema, found.compatibility], [id, schema, 'FULL_TRANSITIVE']);
  } finally {
    await again.close();
  }
});
