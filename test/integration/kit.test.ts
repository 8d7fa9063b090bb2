import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { call, createAfter, createFolder, startNode, type TestNode, until } from '../faults/runtime-fixture.ts';
import { requires } from '../support/requires.ts';

/** The kit that builds the packages which are in use, as its authors publish it. */
const kit = 'pixell-kit==0.4.12';

/** Where the package lies that the kit has made of its own template, with every surface. */
async function buildPackage(folder: string): Promise<string> {
  const run = (command: string, ...args: readonly string[]): void => {
    execFileSync(command, args, { cwd: folder, stdio: 'pipe', timeout: 240_000 });
  };
  const pixell = join(folder, 'kit', 'bin', 'pixell');
  run('python3', '-m', 'venv', 'kit');
  run(join(folder, 'kit', 'bin', 'python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check', kit);
  run(pixell, 'init', 'built-agent');
  await copyFile(join(folder, 'built-agent', '.env.example'), join(folder, 'built-agent', '.env'));
  run(pixell, 'build', '--path', 'built-agent', '--output', 'out');
  return join(folder, 'out', 'built-agent-0.1.0.apkg');
}

async function startPlace(t: TestContext): Promise<TestNode & { readonly folder: string }> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = await startNode(folder);
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { ...node, folder };
}

test('a package that the kit has built runs with its own dependencies and answers', {
  timeout: 600_000,
  ...requires('pip', 'index'),
}, async (t) => {
  const place = await startPlace(t);
  const path = await buildPackage(place.folder);
  await place.runtime.deploy({ source: { kind: 'file', path }, deploymentId: 'built-1' });
  const isSettled = ({ status }: { status: string }) => status === 'healthy' || status === 'failed';
  const view = await until(place.runtime, 'built-1', isSettled);
  assert.equal(view.status, 'healthy', view.details.error);
  const [event] = await call(place, 'built-agent', 'handler', { parts: [{ data: { n: 1 } }] });
  assert.deepEqual(event?.kind === 'artifact' && event.artifact.parts, [
    { data: { message: 'Hello from handler', received: { n: 1 } } },
  ]);
});
