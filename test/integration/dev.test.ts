import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { findProcesses } from '../support/process-table.ts';
import { projectFolder } from '../support/project.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, startTestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

interface DevEvent {
  readonly event: string;
  readonly url?: string;
  readonly tookMs?: number;
  readonly changed?: readonly string[];
  readonly running?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly places?: readonly { file: string; line: number; column?: number; text?: string }[];
  readonly line?: { readonly message: string };
}

/** `parley dev` in a process of its own. */
class Dev {
  readonly #child: ChildProcess;
  readonly #events: DevEvent[] = [];
  readonly #exited: Promise<unknown[]>;
  #errors = '';
  #seen = 0;

  /** `temporary`: where its node may keep its data. */
  constructor(folder: string, temporary: string, args: readonly string[]) {
    const program = join(projectFolder, 'bin', 'parley.js');
    this.#child = spawn(process.execPath, [program, 'dev', folder, '-o', 'json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: temporary, PARLEY_DATA: join(temporary, 'none'), PARLEY_URL: undefined },
    });
    this.#exited = once(this.#child, 'close');
    const { stdout, stderr } = this.#child;
    assert.ok(stdout && stderr);
    createInterface({ input: stdout }).on('line', (line) => this.#events.push(JSON.parse(line)));
    stderr.on('data', (chunk) => {
      this.#errors += chunk;
    });
  }

  /** The next event of that name, behind those that were taken before. */
  async next(name: string): Promise<DevEvent> {
    const find = (): number => this.#events.findIndex(({ event }, at) => at >= this.#seen && event === name);
    const isThere = (): boolean => find() >= 0 || this.#child.exitCode !== null;
    await waitUntil(`${name}: ${JSON.stringify(this.#events.slice(this.#seen))} ${this.#errors}`, isThere).catch(
      (cause: unknown) => {
        throw new Error(`no ${name} among ${JSON.stringify(this.#events)} ${this.#errors}`, { cause });
      },
    );
    const at = find();
    assert.ok(at >= 0, `it ended before ${name}: ${this.#errors}`);
    this.#seen = at + 1;
    return this.#events[at] as DevEvent;
  }

  all(name: string): readonly DevEvent[] {
    return this.#events.filter(({ event }) => event === name);
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    await this.#exited;
    return this.#child.exitCode;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function startDev(
  t: TestContext,
  files: Record<string, string>,
  args: readonly string[],
): Promise<[Dev, string, string]> {
  const temporary = await mkdtemp(join(tmpdir(), 'pd-'));
  const folder = await createTestFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const dev = new Dev(folder, temporary, args);
  t.after(async () => {
    dev.kill();
    await removeFolder(folder);
    await removeFolder(temporary);
  });
  return [dev, folder, temporary];
}

async function ask(url: string): Promise<string> {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] };
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  const { task, error } = (await response.json()) as {
    task?: { artifacts?: readonly { parts: readonly { text: string }[] }[] };
    error?: { message: string };
  };
  return task?.artifacts?.[0]?.parts[0]?.text ?? `no answer: ${JSON.stringify(error ?? task)}`;
}

const manifest = (runtime: string): string =>
  `name: greeter\nversion: 1.0.0\nruntime: ${runtime}\nexports:\n  - name: greet\n    handler: agent:greet\n`;
const nodeAgent = (word: string): string => `console.log('loaded ${word}');\nexport const greet = () => '${word}';\n`;

test('a folder runs on a node of its own, and each edit is there in less than a second while calls go on', async (t) => {
  const files = { 'agent.yaml': manifest('node24'), 'agent.mjs': nodeAgent('one'), '.apkgignore': 'notes/\n' };
  const [dev, folder, temporary] = await startDev(t, files, ['--port', '0']);
  const { url = '' } = await dev.next('healthy');
  assert.equal(await ask(url), 'one');

  const answers = new Set<string>();
  let isAsking = true;
  const asking = (async () => {
    while (isAsking) answers.add(await ask(url));
  })();
  await writeFile(join(folder, 'agent.mjs'), nodeAgent('two'));
  const reloaded = await dev.next('reloaded');
  assert.deepEqual(reloaded.changed, ['agent.mjs']);
  await waitUntil('the new answer', () => answers.has('two'));
  isAsking = false;
  await asking;
  assert.deepEqual([...answers], ['one', 'two']);

  // As editors save: a new file takes the name of the old one.
  await writeFile(join(folder, 'agent.mjs~'), nodeAgent('three'));
  await rename(join(folder, 'agent.mjs~'), join(folder, 'agent.mjs'));
  await dev.next('reloaded');
  assert.equal(await ask(url), 'three');

  await mkdir(join(folder, 'lib', 'deep'), { recursive: true });
  await writeFile(join(folder, 'lib/deep/word.mjs'), `export const word = 'four';\n`);
  await dev.next('reloaded');
  const importing = `import { word } from './lib/deep/word.mjs';\nexport const greet = () => word;\n`;
  await writeFile(join(folder, 'agent.mjs'), importing);
  await dev.next('reloaded');
  assert.equal(await ask(url), 'four');
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'notes/todo.txt'), 'not part of the package');
  await writeFile(join(folder, 'lib/deep/word.mjs'), `export const word = 'five';\n`);
  assert.deepEqual((await dev.next('reloaded')).changed, ['lib/deep/word.mjs']);
  assert.equal(await ask(url), 'five');
  assert.ok(dev.all('log').some(({ line }) => line?.message === 'loaded two'));

  const times = dev.all('reloaded').map(({ tookMs }) => tookMs ?? Number.NaN);
  assert.ok(Math.min(...times) < 1_000, `reloaded in ${times.join(', ')} ms`);
  assert.equal(await dev.interrupt(), 0);
  assert.equal(dev.all('stopped').length, 1);
  assert.deepEqual(
    (await readdir(temporary)).filter((name) => name.startsWith('parley-dev-')),
    [],
  );
  if (existsSync('/proc/self/environ')) assert.deepEqual(findProcesses(temporary), []);
});

test('what is wrong is shown at its place, and the last good version goes on', async (t) => {
  const files = { 'agent.yaml': manifest('node24'), 'agent.mjs': nodeAgent('good') };
  const [dev, folder] = await startDev(t, files, ['--port', '0']);
  const { url = '' } = await dev.next('healthy');

  await writeFile(join(folder, 'agent.yaml'), `${manifest('node24')}    input_schema: {type: objekt}\n`);
  const wrong = await dev.next('problem');
  assert.deepEqual([wrong.error?.code, wrong.running], ['MANIFEST_INVALID', true]);
  const [place] = wrong.places ?? [];
  assert.deepEqual([place?.file, place?.line, place?.text], ['agent.yaml', 7, '    input_schema: {type: objekt}']);
  assert.equal(await ask(url), 'good');

  await writeFile(join(folder, 'agent.yaml'), manifest('node24'));
  await dev.next('reloaded');
  await writeFile(join(folder, 'helper.mjs'), `export const x = 1;\nx.missing.field;\n`);
  await dev.next('reloaded');
  await writeFile(join(folder, 'agent.mjs'), `import './helper.mjs';\n${nodeAgent('bad')}`);
  const broken = await dev.next('problem');
  assert.deepEqual([broken.error?.code, broken.running], ['WORKER_START_FAILED', true]);
  assert.deepEqual(
    broken.places?.map(({ file, line, text }) => [file, line, text]),
    [['helper.mjs', 2, 'x.missing.field;']],
  );
  assert.equal(await ask(url), 'good');

  await writeFile(join(folder, 'helper.mjs'), 'export const x = 1;\nexport const y = ;\n');
  const unreadable = await dev.next('problem');
  assert.deepEqual(
    unreadable.places?.map(({ file, line, text }) => [file, line, text]),
    [['helper.mjs', 2, 'export const y = ;']],
  );

  await writeFile(join(folder, 'agent.mjs'), nodeAgent('better'));
  await dev.next('reloaded');
  assert.equal(await ask(url), 'better');
  assert.equal(await dev.interrupt(), 0);
});

test('a folder is tried on the node that runs, and is gone from it afterwards', requires('python3'), async (t) => {
  const node = await startTestNode();
  t.after(() => node.close());
  const files = { 'agent.yaml': manifest('python3.9'), 'agent.py': `def greet(input):\n    return "one"\n` };
  const [dev, folder] = await startDev(t, files, ['--url', node.url, '--token', node.token]);
  const { url = '' } = await dev.next('healthy');
  assert.equal(url, `${node.url}/a2a/greeter`);

  await writeFile(join(folder, 'helper.py'), 'def load():\n    return missing_name\n\n\nload()\n');
  await dev.next('reloaded');
  await writeFile(join(folder, 'agent.py'), `import helper\n\ndef greet(input):\n    return "two"\n`);
  const broken = await dev.next('problem');
  assert.deepEqual(
    broken.places?.map(({ file, line, text }) => [file, line, text]),
    [['helper.py', 2, '    return missing_name']],
  );
  assert.ok(dev.all('log').some(({ line }) => line?.message.includes(`File "${folder}/helper.py", line 5`)));
  assert.equal(await ask(url), 'one');

  await writeFile(join(folder, 'helper.py'), '');
  await dev.next('reloaded');
  assert.equal(await ask(url), 'two');
  assert.equal(await dev.interrupt(), 0);
  const [view] = await node.client.deployments.list();
  assert.equal(view?.status, 'stopped');
});
