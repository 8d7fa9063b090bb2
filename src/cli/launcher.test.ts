import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const pretendOld = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.20.0'}})`;

/** The launcher alone in a project of its own, with a bundled Node that is this shell script; undefined: none. */
async function install(t: TestContext, script: string | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-launcher-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await copyFile(launcher, join(folder, 'bin', 'parley.js'));
  if (script === undefined) return join(folder, 'bin', 'parley.js');
  const bundled = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
  await mkdir(join(bundled, 'bin'), { recursive: true });
  await writeFile(join(bundled, 'package.json'), '{}');
  await writeFile(join(bundled, 'bin', 'node'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bundled, 'bin', 'node'), 0o755);
  return join(folder, 'bin', 'parley.js');
}

function launch(
  file: string,
  ...args: readonly string[]
): { child: ChildProcess; ended: Promise<[string, number | null]> } {
  const child = spawn(process.execPath, ['--import', pretendOld, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return { child, ended: once(child, 'close').then(([code]) => [output, code]) };
}

test('an old Node hands over to the bundled one, with arguments, output and exit code', async (t) => {
  const file = await install(t, 'shift 2; echo "got $*"; exit 7');
  assert.deepEqual(await launch(file, 'list', '-o', 'json').ended, ['got list -o json\n', 7]);
});

test('an old Node without a bundled one gets one clear sentence', async (t) => {
  const [output, code] = await launch(await install(t, undefined)).ended;
  assert.equal(code, 1);
  assert.match(output, /^parley: Node 18\.20\.0 is too old .*Install Node 24 or newer and try again\.\n$/);
});

test('a signal reaches the bundled Node, and its end is ours', async (t) => {
  const file = await install(t, `trap 'echo stopping; exit 9' TERM; echo started; while :; do sleep 0.05; done`);
  const { child, ended } = launch(file);
  await once(child.stdout ?? child, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, ['started\nstopping\n', 9]);
});
