import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ErrorCode, hasCode } from '../../src/base/index.ts';
import type { DeployRequest, RuntimeOptions } from '../../src/runtime/index.ts';
import { findDescendants, isRunning, isStopped } from '../support/process-table.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { hostileAgent } from './hostile-agent.ts';
import {
  call,
  createAfter,
  createFolder,
  createInvocation,
  execute,
  openPresence,
  type Presence,
  startNode,
  type TestNode,
  untilHealthy,
  wildAgent,
  writePackage,
} from './runtime-fixture.ts';

const options = { timeout: 60_000, ...requires('procfs') };
/** Of a bystander for one call, which takes about a millisecond where nothing holds it up. */
const patienceMs = 2_000;
const mebibyte = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Arena extends TestNode {
  readonly presence: Presence;
}

/** A hostile deployment, and one that minds its own business. */
async function openArena(
  t: TestContext,
  limits: DeployRequest['limits'] = {},
  workers: RuntimeOptions['workers'] = {},
): Promise<Arena> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const presence = await openPresence(folder);
  const node = await startNode(folder, { workers: { maxFrameBytes: 2 * mebibyte, termGraceMs: 200, ...workers } });
  after(async () => {
    await node.component.stop(AbortSignal.timeout(5_000));
    presence.close();
  });
  const environment = { PRESENCE: presence.path };
  const hostile = await writePackage(folder, 'hostile', hostileAgent);
  const calm = await writePackage(folder, 'wild', wildAgent);
  await node.runtime.deploy({ source: hostile, deploymentId: 'hostile-1', environment, limits });
  await node.runtime.deploy({ source: calm, deploymentId: 'wild-1' });
  await Promise.all([untilHealthy(node.runtime, 'hostile-1'), untilHealthy(node.runtime, 'wild-1')]);
  return { ...node, presence };
}

/** Runs the attack while another agent is called again and again, and has a call of its own open: both notice nothing. */
async function duringAttack<T>(arena: Arena, attack: () => Promise<T>): Promise<T> {
  const bystander = execute(arena, createInvocation('wild', 'wait'));
  await bystander.next();
  const { pid } = arena.runtime.get('wild-1').workers[0] ?? {};
  let over = false;
  const attacked = attack().finally(() => {
    over = true;
  });
  do {
    const calledAtMs = performance.now();
    const events = await call(arena, 'wild', 'echo', { parts: [{ text: 'here' }] });
    assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
    assert.ok(performance.now() - calledAtMs < patienceMs);
  } while (!over);
  const result = await attacked;
  const [worker] = arena.runtime.get('wild-1').workers;
  assert.deepEqual([worker?.pid, worker?.restarts], [pid, 0]);
  await bystander.return(undefined);
  return result;
}

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const broken: readonly { readonly attack: string; readonly what: string }[] = [
  { attack: 'garbage', what: 'garbage' },
  { attack: 'oversized', what: 'a frame that announces 2 GB' },
  { attack: 'lies', what: 'a head that is longer than its frame' },
  { attack: 'binary', what: 'a head of zeros' },
  { attack: 'deep', what: 'a head that is nested 200,000 deep' },
];

for (const { attack, what } of broken) {
  test(`${what} ends the calls in that worker with WORKER_PROTOCOL, and only those`, options, async (t) => {
    const arena = await openArena(t);
    const first = await arena.presence.next('worker');
    await duringAttack(arena, () =>
      assert.rejects(call(arena, 'hostile', attack), (thrown) => hasCode(thrown, 'WORKER_PROTOCOL')),
    );
    await first.gone;
    await arena.presence.next('worker');
    await untilHealthy(arena.runtime, 'hostile-1');
    assert.equal((await call(arena, 'hostile', 'echo', { parts: [{ text: 'again' }] })).length, 2);
  });
}

test('events beyond the credit end the worker before they fill the memory of the node', options, async (t) => {
  const arena = await openArena(t);
  const first = await arena.presence.next('worker');
  const before = heldBytes();
  const flooded = execute(arena, createInvocation('hostile', 'flood'));
  await duringAttack(arena, async () => {
    await flooded.next();
    await first.gone;
  });
  assert.ok(heldBytes() - before < 16 * mebibyte);
  await assert.rejects(
    async () => {
      for await (const _ of flooded);
    },
    (thrown) => hasCode(thrown, 'WORKER_PROTOCOL'),
  );
});

test('words about calls that nobody made are dropped, and cost no memory', options, async (t) => {
  const arena = await openArena(t);
  await call(arena, 'hostile', 'strangers', { parts: [{ data: { count: 100 } }] });
  const before = heldBytes();
  const events = await duringAttack(arena, () =>
    call(arena, 'hostile', 'strangers', { parts: [{ data: { count: 10_000 } }] }),
  );
  assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
  // Of the hundreds that have come.
  assert.ok(heldBytes() - before < 32 * mebibyte);
});

test('of several results of one call the first counts', options, async (t) => {
  const arena = await openArena(t);
  const events = await duringAttack(arena, () => call(arena, 'hostile', 'doubles'));
  assert.match(JSON.stringify(events), /first/);
  assert.doesNotMatch(JSON.stringify(events), /second|third/);
  assert.equal((await call(arena, 'hostile', 'echo', { parts: [{ text: 'on' }] })).length, 2);
});

for (const flood of ['logs', 'output'] as const) {
  test(`a flood of ${flood} holds up nobody else and leaves the memory as it is`, options, async (t) => {
    const arena = await openArena(t);
    await call(arena, 'hostile', flood, { parts: [{ data: { ms: 500 } }] });
    const before = heldBytes();
    await duringAttack(arena, () => call(arena, 'hostile', flood, { parts: [{ data: { ms: 3_000 } }] }));
    // Of the hundreds that have come.
    assert.ok(heldBytes() - before < 32 * mebibyte);
  });
}

const lost: readonly { readonly attack: string; readonly what: string }[] = [
  { attack: 'spin', what: 'a worker in an endless loop' },
  { attack: 'stop', what: 'a worker that stops itself' },
];

for (const { attack, what } of lost) {
  test(`${what} loses its own calls, and only those`, options, async (t) => {
    const arena = await openArena(t, {}, { pingIntervalMs: 100, pingTimeoutMs: 1_000 });
    const first = await arena.presence.next('worker');
    await duringAttack(arena, () => rejectsWith(call(arena, 'hostile', attack), 'WORKER_LOST'));
    await first.gone;
    await arena.presence.next('worker');
    await untilHealthy(arena.runtime, 'hostile-1');
  });
}

test('a worker that is deaf to SIGTERM ends when its deployment is stopped', options, async (t) => {
  const arena = await openArena(t);
  const worker = await arena.presence.next('worker');
  await call(arena, 'hostile', 'deaf');
  await duringAttack(arena, () => arena.runtime.stop('hostile-1'));
  await worker.gone;
});

test('over its limit of memory a worker is killed with the figures, and restarted', options, async (t) => {
  const arena = await openArena(t, { memoryBytes: 256 * mebibyte });
  const first = await arena.presence.next('worker');
  await waitUntil('the memory is measured', () => {
    return (arena.runtime.get('hostile-1').workers[0]?.memoryBytes ?? 0) > 10 * mebibyte;
  });
  await duringAttack(arena, () =>
    assert.rejects(call(arena, 'hostile', 'eat'), (thrown) => {
      return hasCode(thrown, 'WORKER_LOST') && /used \d+ MB of 256 MB of memory/.test(String(thrown));
    }),
  );
  await first.gone;
  await arena.presence.next('worker');
  const [worker] = (await untilHealthy(arena.runtime, 'hostile-1')).workers;
  assert.equal(worker?.restarts, 1);
  assert.match(worker?.lastExit ?? '', /used \d+ MB of 256 MB/);
  const lines = arena.runtime.logs('hostile-1', 0, 100).map(({ message }) => message);
  assert.ok(lines.some((line) => /used \d+ MB of 256 MB/.test(line)));
});

test(
  'over its limit of processor time a worker, with its children, stands still for moments and goes on',
  options,
  async (t) => {
    const arena = await openArena(t, { cpus: 0.5 });
    const pid = arena.runtime.get('hostile-1').workers[0]?.pid ?? 0;
    const cpuMs = 1_200;
    await duringAttack(arena, async () => {
      const burnt = call(arena, 'hostile', 'burn', { parts: [{ data: { cpuMs } }] });
      await waitUntil('it and its child stand still', () => {
        const children = findDescendants(pid);
        return children.length > 0 && [pid, ...children].every(isStopped);
      });
      const [part] = (await burnt).flatMap((event) => (event.kind === 'artifact' ? event.artifact.parts : []));
      const { tookMs } = (part && 'data' in part ? part.data : {}) as { tookMs: number };
      // At a whole core each it would be half as long as the work.
      assert.ok(tookMs >= (cpuMs / 0.5) * 0.7, `${cpuMs} ms of work took ${tookMs} ms`);
    });
    const [worker] = arena.runtime.get('hostile-1').workers;
    assert.deepEqual([worker?.state, worker?.restarts], ['ready', 0]);
  },
);

test('a child that left the session and lost its parent ends with its worker', options, async (t) => {
  const arena = await openArena(t);
  await call(arena, 'hostile', 'hide');
  const hidden = await arena.presence.next('hidden');
  await arena.runtime.stop('hostile-1');
  await hidden.gone;
  assert.equal(isRunning(hidden.pid), false);
});

async function rejectsWith(outcome: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(outcome, (thrown) => hasCode(thrown, code));
}
