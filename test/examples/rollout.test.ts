import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { projectFolder } from '../support/project.ts';
import { startTestNode, type TestNode, untilDeployment } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What the callers tell each second. */
interface Told {
  readonly calls: number;
  readonly completed: number;
  readonly failed: number;
  readonly lost: number;
  readonly versions: Readonly<Record<string, number>>;
}

interface Load {
  /** What was told last. */
  latest(): Told;
  /** Ctrl-C; resolves with the exit code and what was told last. */
  stop(): Promise<{ readonly code: number | null; readonly told: Told }>;
}

const steps = readCommands();

test('the story of examples/rollout goes as it is told: the bug is seen, gone back from, and no call is lost', {
  timeout: 120_000,
}, async (t) => {
  assert.deepEqual(steps.splice(0, 2), ['parley up', 'parley deploy examples/rollout/1.0.0 --id prices-1']);
  const node = await startTestNode();
  t.after(() => node.close());
  const run = (command: string) => runCommand(node, command);
  await run('parley deploy examples/rollout/1.0.0 --id prices-1');
  const load = startLoad(t, node, next('node examples/rollout/load.mjs'));

  assert.match(await run(next('parley deploy')), /prices is healthy \(deployment prices-2, package prices@1.1.0\)/);
  assert.match(await run(next('parley list')), /prices +healthy +1\.0\.0 80 %, 1\.1\.0 20 %/);
  assert.match(await run(next('parley list')), /prices-2 +healthy +prices +prices@1\.1\.0 +1 +0\.25 +yes/);
  await waitUntil('the bug is seen', () => load.latest().failed >= 3);
  assert.match(await run(next('parley task list')), /failed/);
  assert.match(await run(next('parley logs')), /no discount for 1[0-2]\d pieces/);
  assert.match(await run(next('parley weights')), /prices-2 has weight 10: 10 % of the calls/);
  assert.match(await run(next('parley rollback')), /^prices is back on prices@1\.0\.0 \(deployment prices-1\)/);
  await untilDeployment(node, 'prices-2', ({ status }) => status === 'stopped');
  assert.match(await run(next('parley describe')), /prices-2 +stopped +1\.1\.0 +rolled back .*Replaced by prices-1/);
  assert.deepEqual(steps, []);

  const before = load.latest();
  await waitUntil('callers go on', () => load.latest().completed > before.completed + 100);
  const { code, told } = await load.stop();
  assert.equal(code, 0);
  assert.equal(told.lost, 0);
  assert.equal(told.completed + told.failed, told.calls);
  assert.ok((told.versions['1.0.0'] ?? 0) > 0 && (told.versions['1.1.0'] ?? 0) > 0);
});

/** The commands of the README, in their order. */
function readCommands(): string[] {
  const text = readFileSync(join(projectFolder, 'examples', 'rollout', 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.trimEnd().split('\n'));
}

function next(beginning: string): string {
  const command = steps.shift() ?? '';
  assert.ok(command.startsWith(beginning), `the README goes on with "${command}", not with "${beginning}"`);
  return command;
}

function startCommand({ url, dataFolder }: TestNode, command: string): ChildProcess {
  const [program = '', ...args] = command.split(' ');
  const script = program === 'parley' ? [join(projectFolder, 'bin', 'parley.js'), ...args] : args;
  return spawn(process.execPath, script, {
    cwd: projectFolder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PARLEY_DATA: dataFolder, PARLEY_URL: url },
  });
}

async function runCommand(node: TestNode, command: string): Promise<string> {
  const child = startCommand(node, command);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${command}\n${text}`);
  return text;
}

function startLoad(t: TestContext, node: TestNode, command: string): Load {
  const child = startCommand(node, command);
  t.after(() => child.kill('SIGKILL'));
  let told: Told = { calls: 0, completed: 0, failed: 0, lost: 0, versions: {} };
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      assert.match(line, /^\{/, line);
      told = JSON.parse(line);
    });
  }
  return {
    latest: () => told,
    async stop() {
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      return { code, told };
    },
  };
}
