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
/** A path from a file of src to one beside it. */
const beside = /new URL\('(?:\.\.\/){2,}([\w./-]+)', import\.meta\.url\)/g;

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

test('the installed package holds what its code opens beside itself', needsNpm, () => {
  const opened = readdirSync(join(projectFolder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
    .flatMap((file) => [...readFileSync(join(projectFolder, 'src', file), 'utf8').matchAll(beside)])
    .map(([, path = '']) => path);
  assert.ok(opened.includes('proto') && opened.includes('python'));
  const missing = [...opened, 'python/parley_host', 'python/parley_session'].filter(
    (path) => !existsSync(join(installed, 'node_modules', 'parley', path)),
  );
  assert.deepEqual(missing, []);
});

test('the installed program enforces schemas', needsNpm, async () => {
  const bad = join(installed, 'bad');
  mkdirSync(bad);
  const schema = 'input_schema: {type: object, properties: {a: {pattern: "(?=a)"}}}';
  const manifest = `name: bad\nversion: 1.0.0\nruntime: node24\nexports: [{name: a, handler: b.c, ${schema}}]\n`;
  writeFileSync(join(bad, 'agent.yaml'), manifest);
  await assert.rejects(run(program(), ['validate', bad], { cwd: installed }), /pattern.*linear time/);
  writeFileSync(join(bad, 'agent.yaml'), manifest.replace('(?=a)', '^a+$'));
  await run(program(), ['validate', bad], { cwd: installed });
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
