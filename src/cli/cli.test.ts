import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function parley(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', PARLEY_DATA: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function createFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-cli-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('version and help go to stdout and end with 0, without any warning', async (t) => {
  const folder = await createFolder(t);
  const version = await parley(folder, ['version', '-o', 'json']);
  assert.deepEqual([version.code, version.stderr], [0, '']);
  assert.equal(JSON.parse(version.stdout).nodeVersion, process.version);
  const help = await parley(folder, ['send', '--help']);
  assert.deepEqual([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, /Usage: parley send[\s\S]*Examples:/);
});

test('a wrong command line ends with 2 and says what is wrong on stderr', async (t) => {
  const folder = await createFolder(t);
  const wrong: readonly [string[], RegExp][] = [
    [['fly'], /unknown command 'fly'/],
    [['list', '--fast'], /unknown option '--fast'/],
    [['deploy'], /missing required argument 'path'/],
    [['list', '-o', 'xml'], /Allowed choices are text, json/],
    [['up', '--port', '99999'], /0 to 65535/],
    [['send', 'a'], /nothing to send/],
    [['send', 'a', '--data', '{'], /--data must be JSON/],
  ];
  const outcomes = await Promise.all(wrong.map(([args]) => parley(folder, args)));
  for (const [index, { code, stdout, stderr }] of outcomes.entries()) {
    assert.deepEqual([code, stdout], [2, ''], wrong[index]?.[0].join(' '));
    assert.match(stderr, wrong[index]?.[1] ?? /never/);
  }
});

test('with -o json a wrong command line is told as JSON too, in one line on stderr', async (t) => {
  const folder = await createFolder(t);
  const wrong: readonly [string[], RegExp][] = [
    [['frobnicate'], /^unknown command 'frobnicate'/],
    [['list', '--fast'], /^unknown option '--fast'$/],
    [['scale', 'a', '0'], /whole number from 1 on/],
    [['send', 'a'], /^There is nothing to send/],
    [['task'], /^A command is missing/],
    [['list', '--url', 'nowhere'], /is no address of a node/],
  ];
  const outcomes = await Promise.all(wrong.map(([args]) => parley(folder, [...args, '-o', 'json'])));
  for (const [index, { code, stdout, stderr }] of outcomes.entries()) {
    assert.deepEqual([code, stdout], [2, ''], stderr);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'INVALID_PARAMS');
    assert.match(error.message, wrong[index]?.[1] ?? /never/);
  }
});

test('a node that is not there is exit code 3, in one line or as JSON, and stdout stays empty', async (t) => {
  const folder = await createFolder(t);
  const at = ['--url', 'http://127.0.0.1:1'];
  const text = await parley(folder, ['status', ...at]);
  assert.deepEqual([text.code, text.stdout], [3, '']);
  assert.match(text.stderr, /^error: .*cannot be reached.*parley up.*\n$/);
  const json = await parley(folder, ['send', 'a', 'hello', '-o', 'json', ...at]);
  assert.deepEqual([json.code, json.stdout], [3, '']);
  assert.equal(JSON.parse(json.stderr).error.code, 'UNREACHABLE');
});

test('a refused credential is exit code 4, a deadline 5', async (t) => {
  const folder = await createFolder(t);
  const server = createServer((request, response) => {
    if (request.url === '/api/v1/status') response.writeHead(401).end('{"error":{"code":"UNAUTHENTICATED"}}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close(() => {}).closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.equal((await parley(folder, ['status'], { PARLEY_URL: url })).code, 4);
  const late = await parley(folder, ['send', 'a', 'hello', '--timeout', '0.2'], { PARLEY_URL: url });
  assert.equal(late.code, 5);
  assert.match(late.stderr, /took longer than 0.2 s/);
});

test('Ctrl-C ends a command soon whose node does not answer, with 130', async (t) => {
  const folder = await createFolder(t);
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close(() => {}).closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, [program, 'list', '--url', `http://127.0.0.1:${port}`], { cwd: folder });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const closed = once(child, 'close');
  await asked.promise;
  child.kill('SIGINT');
  assert.deepEqual([...(await closed)], [130, null]);
  assert.match(said, /Interrupted/);
});

test('each template makes a folder that validates and packs', async (t) => {
  const folder = await createFolder(t);
  for (const template of ['node', 'python', 'stdio']) {
    const made = await parley(folder, ['init', `my-${template}`, '--template', template, '-o', 'json']);
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.ok(JSON.parse(made.stdout).files.includes('agent.yaml'));
    const valid = await parley(folder, ['validate', `my-${template}`, '-o', 'json']);
    assert.equal(JSON.parse(valid.stdout).valid, true, valid.stderr);
    const packed = await parley(folder, ['pack', `my-${template}`, '-o', 'json']);
    assert.deepEqual((await parley(folder, ['validate', JSON.parse(packed.stdout).file])).code, 0);
  }
  const again = await parley(folder, ['init', 'my-node']);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is not empty/);
});

test('a bad package is exit code 1, with the place of every fault', async (t) => {
  const folder = await createFolder(t);
  await writeFile(join(folder, 'agent.yaml'), 'name: Bad Name\nversion: 1.0.0\nentrypoint: nothing\n');
  const { code, stdout, stderr } = await parley(folder, ['validate', '.']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /agent\.yaml:1:\d+ name/);
  const json = await parley(folder, ['validate', '.', '-o', 'json']);
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.stdout).error.code, 'MANIFEST_INVALID');
  assert.equal((await parley(folder, ['validate', 'missing'])).code, 1);
  assert.deepEqual(await readdir(folder), ['agent.yaml']);
});

test("the node's token goes to loopback addresses and to no other", async (t) => {
  const folder = await createFolder(t);
  const { findAccess } = await import('./discovery.ts');
  await writeFile(join(folder, 'operator.token'), 'secret\n');
  const find = (url: string, env = {}): string | undefined => findAccess({ url, dataFolder: folder }, env).token;
  assert.equal(find('http://127.0.0.1:8000'), 'secret');
  assert.equal(find('http://localhost:1'), 'secret');
  assert.equal(find('http://127.0.0.1.example.com'), undefined);
  assert.equal(find('https://parley.example.com'), undefined);
  assert.equal(find('https://parley.example.com', { PARLEY_TOKEN: 'given' }), 'given');
});

test('the address is the flag, PARLEY_URL, that of the node that runs, or port 8000', async (t) => {
  const folder = await createFolder(t);
  const { findAccess } = await import('./discovery.ts');
  const file = join(folder, 'node.json');
  const find = (env = {}): string => findAccess({ dataFolder: folder }, env).url;
  assert.equal(find(), 'http://127.0.0.1:8000');
  await writeFile(file, JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:9001' }));
  assert.equal(find(), 'http://127.0.0.1:9001');
  assert.equal(find({ PARLEY_URL: 'http://127.0.0.1:9002' }), 'http://127.0.0.1:9002');
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(file, JSON.stringify({ pid: gone, url: 'http://127.0.0.1:9001' }));
  assert.equal(find(), 'http://127.0.0.1:8000');
});

test('the bash completion offers commands, their commands and their options', async (t) => {
  const folder = await createFolder(t);
  const { stdout: script } = await parley(folder, ['completion', 'bash']);
  const complete = (...words: readonly string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const call = `${script}\nCOMP_WORDS=(parley ${line}); COMP_CWORD=${words.length}; _parley; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', call], { encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout.trim().split('\n');
  };
  assert.deepEqual(complete('desc'), ['describe']);
  assert.deepEqual(complete('task', 's'), ['subscribe']);
  assert.deepEqual(complete('-o', 'json', 'task', 'get', '--out'), ['--output']);
  assert.deepEqual(complete('deploy', '--no'), ['--no-wait']);
});
