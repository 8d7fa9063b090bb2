import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { projectFolder } from '../support/project.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const run = promisify(execFile);
const needsNpm = requires('npm');

let folder = '';
let installed = '';
let node: ChildProcess | undefined;

before(async () => {
  if (needsNpm.skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), 'parley-published-'));
  installed = join(folder, 'app');
  mkdirSync(installed);
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: projectFolder });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  assert.ok(tarball, 'npm pack wrote no tarball');
  writeFileSync(join(installed, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--silent', '--no-package-lock', join(folder, tarball)], { cwd: installed });
});

after(async () => {
  if (node?.exitCode === null) {
    node.kill('SIGTERM');
    await once(node, 'exit');
  }
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

const program = (): string => join(installed, 'node_modules', '.bin', 'parley');

test('the installed package holds JavaScript alone, and no tests', needsNpm, () => {
  const files = readdirSync(join(installed, 'node_modules', 'parley'), { recursive: true, encoding: 'utf8' });
  const own = files.filter((file) => !file.startsWith('node_modules'));
  assert.deepEqual(
    own.filter((file) => /(?<!\.d)\.ts$|\.test\.|^src\b|__pycache__/.test(file)),
    [],
  );
});

test('the installed program says its version', needsNpm, async () => {
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string };
  const { stdout } = await run(program(), ['version'], { cwd: installed });
  assert.ok(stdout.includes(version), stdout);
});

test('the installed program makes an agent, runs it and answers a call', needsNpm, async () => {
  const data = join(installed, 'data');
  await run(program(), ['init', 'hello', '--template', 'node'], { cwd: installed });
  node = spawn(program(), ['up', '--data-folder', data, '--port', '0', '--deploy', 'hello'], {
    cwd: installed,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await waitUntil('the node writes node.json', () => existsSync(join(data, 'node.json')));
  const call = ['send', 'hello', 'Ada', '--data-folder', data, '-o', 'json'];
  await waitUntil('the agent is healthy', async () => /^hello +healthy/m.test(await list(data)));
  const { stdout } = await run(program(), call, { cwd: installed });
  assert.match(stdout, /TASK_STATE_COMPLETED/);
});

async function list(dataFolder: string): Promise<string> {
  const { stdout } = await run(program(), ['list', '--data-folder', dataFolder], { cwd: installed });
  return stdout;
}
