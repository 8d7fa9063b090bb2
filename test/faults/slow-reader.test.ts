import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../support/wait-until.ts';
import { send, taskOf } from './a2a-calls.ts';
import { type NodeProgram, residentMb, startNodeProgram } from './node-program.ts';
import { publishedMark, writePublisher } from './publisher-agent.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { StreamReader } from './stream-reader.ts';

const chunks = 1_300;
const chunkBytes = 48_000;
const growthBudgetMb = 20;
const warmUps = 4;
/** Garbage is collected at once, so that resident memory tells what is really held, and what one stream brings would not fit twice. */
const nodeArgs = ['--max-semi-space-size=4', '--max-old-space-size=96'];
const allChunks = Array.from({ length: chunks }, (_, index) => index);
const linux = { skip: process.platform !== 'linux' && 'resident memory is read from /proc', timeout: 120_000 };

interface Bench {
  readonly folder: string;
  readonly node: NodeProgram;
  readonly publisher: string;
  readonly echo: string;
}

test('a reader that stops reading costs no memory, disturbs nobody, and misses nothing', linux, async (t) => {
  const bench = await startBench(t);
  // What any stream costs is there before: caches grow with the first few.
  for (let round = 1; round <= warmUps; round++) await publish(bench, `warm-up-${round}`).ended;
  const beforeMb = residentMb(bench.node.pid);

  const stalled = publish(bench, 'stalled');
  await stalled.pauseAfter(5);
  const leaving = StreamReader.resume(bench.publisher, await stalled.taskId, '1');
  await leaving.pauseAfter(10);
  const { peakMb, calls } = await watchWhilePublishing(bench, 'stalled');
  const grownMb = Math.round(peakMb - beforeMb);
  t.diagnostic(`${Math.round(beforeMb)} MB before, at most ${grownMb} MB more; ${calls} other calls meanwhile`);
  assert.ok(grownMb < growthBudgetMb, `memory grew by ${grownMb} MB`);
  assert.ok(calls > 0, 'others were served meanwhile');

  stalled.goOn();
  await stalled.ended;
  assert.deepEqual(stalled.chunks, allChunks);
  assert.equal(stalled.state, 'TASK_STATE_COMPLETED');
  assert.ok(leaving.chunks.length < chunks, 'the other one had not read it all');
  leaving.close();
  const returned = StreamReader.resume(bench.publisher, await stalled.taskId, leaving.lastEventId ?? '');
  await returned.ended;
  assert.deepEqual([...leaving.chunks, ...returned.chunks], allChunks);
  assert.equal(returned.state, 'TASK_STATE_COMPLETED');
});

async function startBench(t: TestContext): Promise<Bench> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = startNodeProgram({ dataFolder: join(folder, 'data'), deploy: await writePublisher(folder), nodeArgs });
  after(() => node.kill());
  await node.ready;
  const url = await node.up;
  return { folder, node, publisher: `${url}/a2a/publisher`, echo: `${url}/a2a/echo` };
}

function publish({ folder, publisher }: Bench, name: string): StreamReader {
  return StreamReader.send(publisher, { data: { chunks, bytes: chunkBytes, mark: publishedMark(folder, name) } });
}

/** Calls the other agent for as long as something is published, and a little longer. */
async function watchWhilePublishing(
  { folder, node, echo }: Bench,
  name: string,
): Promise<{ readonly peakMb: number; readonly calls: number }> {
  let peakMb = 0;
  let calls = 0;
  let callsBehind = 0;
  await waitUntil('everything is published', async () => {
    const task = taskOf(await send(echo, { data: { value: calls } }));
    assert.equal(task?.status.state, 'TASK_STATE_COMPLETED');
    peakMb = Math.max(peakMb, residentMb(node.pid));
    if (existsSync(publishedMark(folder, name))) callsBehind++;
    else calls++;
    return callsBehind === 10;
  });
  return { peakMb, calls };
}
