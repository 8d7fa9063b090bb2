import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { ExecutionEvent } from '../../src/agents/index.ts';
import type { Part } from '../../src/protocol/index.ts';
import type { Endpoint } from '../../src/registry/index.ts';
import type { DeploymentView } from '../../src/runtime/index.ts';
import { call, startNode, type TestNode, until } from '../faults/runtime-fixture.ts';
import { createHostilePackages } from '../fixtures/hostile.ts';
import { makeFixtures } from '../fixtures/make.ts';
import { type Shape, type ShapeCall, type ShapeRequest, shapes } from '../fixtures/shapes.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { readSurface } from '../support/surface-request.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';

let folder = '';
let node: TestNode;

before(async () => {
  folder = await createTestFolder();
  await makeFixtures(join(folder, 'made'));
  node = await startNode(folder, {
    interpreters: { node: process.execPath, python: fastapiPython() },
    ports: { first: 21_000, last: 21_400, host: '127.0.0.1', reserved: [] },
  });
});

after(async () => {
  await node.component.stop(AbortSignal.timeout(5_000));
  await removeFolder(folder);
});

suite('each shape of package is deployed and answers', { concurrency: 2 }, () => {
  test('the table of shapes has every folder of sources', async () => {
    const folders = await readdir(join(import.meta.dirname, '..', 'fixtures', 'shapes'));
    assert.deepEqual(shapes.map(({ name }) => name).sort(), folders.sort());
  });

  for (const shape of shapes) {
    test(shape.name, requires(...shape.needs), async () => {
      const view = await deploy(shape.name);
      assert.deepEqual(view.surfaces, shape.surfaces);
      const endpoint = node.registry.find(shape.name);
      for (const each of shape.calls ?? []) await checkCall(shape, each, view);
      for (const each of shape.requests ?? []) await checkRequest(endpoint, each);
      if (shape.requests === undefined) assert.equal(endpoint.surfaces?.rest?.take(), undefined);
      await checkPage(endpoint, shape.page);
      await node.runtime.stop(view.id);
    });
  }
});

suite('each hostile package is refused with its reason, and writes nothing', () => {
  for (const { name, code, reason } of createHostilePackages()) {
    test(name, async () => {
      const path = join(folder, 'made', 'hostile', `${name}.apkg`);
      const earlier = await listFiles(folder);
      const refusal = await node.runtime.deploy({ source: { kind: 'file', path } }).then(
        ({ id }) => until(node.runtime, id, ({ status }) => status === 'failed'),
        (thrown: unknown) => thrown as { code: string; message: string; details: { reason?: string } },
      );
      if ('status' in refusal) assert.equal(reason, 'damaged', refusal.message);
      else {
        assert.equal(refusal.code, code);
        if (code === 'PACKAGE_INVALID') assert.equal(refusal.details.reason, reason);
        else assert.match(refusal.message, new RegExp(reason));
      }
      assert.deepEqual(await listFiles(folder), earlier);
    });
  }
});

async function deploy(name: string): Promise<DeploymentView> {
  const path = join(folder, 'made', 'shapes', `${name}.apkg`);
  const { id } = await node.runtime.deploy({ source: { kind: 'file', path } });
  const view = await until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
  assert.equal(view.status, 'healthy', view.message);
  return view;
}

async function checkCall({ name }: Shape, expected: ShapeCall, { ports }: DeploymentView): Promise<void> {
  const { skill, input, parts, state = 'completed' } = expected;
  const events = await call(node, name, skill, { parts: [{ data: input }] });
  const last = events.at(-1);
  const shown = events.flatMap(partsOf).map((part) => ('data' in part ? part.data : 'text' in part ? part.text : null));
  const known = JSON.stringify(parts).replace('"HTTP"', `"${ports?.http}"`).replace('"GRPC"', `"${ports?.grpc}"`);
  assert.equal(JSON.stringify(shown), known);
  assert.deepEqual(last?.kind === 'end' ? last.state : last, state);
}

function partsOf(event: ExecutionEvent): readonly Part[] {
  if (event.kind === 'artifact') return event.artifact.parts;
  return event.kind === 'end' ? (event.parts ?? []) : [];
}

async function checkRequest({ surfaces }: Endpoint, { body, status, text, ...asked }: ShapeRequest): Promise<void> {
  const place = surfaces?.rest?.take();
  assert.ok(place, 'no worker takes requests');
  const { socketPath } = place;
  const answer = await readSurface({ ...asked, socketPath, ...(body !== undefined && { body: JSON.stringify(body) }) });
  place.release();
  assert.deepEqual(answer, { status, text });
}

async function checkPage({ surfaces }: Endpoint, page: Shape['page']): Promise<void> {
  assert.equal(surfaces?.ui?.basePath, page?.basePath);
  if (page === undefined || surfaces?.ui === undefined) return;
  assert.match(await readFile(join(surfaces.ui.folder, 'index.html'), 'utf8'), new RegExp(`<title>${page.title}<`));
}

/** Everything below the folder but what the runtime notes of its deployments. */
async function listFiles(below: string): Promise<readonly string[]> {
  const found = await readdir(below, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => !entry.isDirectory());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('/store.json'))
    .sort();
}
