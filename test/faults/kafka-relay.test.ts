import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { startKafka, type TestKafka } from '../support/kafka-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type NodeProgram, startNodeProgram } from './node-program.ts';
import { assertAllRelayed, untilQuiet } from './relayed-events.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { ownCallers, TaskLoad } from './task-load.ts';

/** As R3 has it. */
const outageMs = 30_000;
/** A call that the log has nothing to do with does not wait for it. */
const slowestCallMs = 5_000;

test('when Kafka is killed, and stands still, tasks go on, and all that was journalled is relayed afterwards', {
  ...requires('kafka'),
  timeout: 180_000,
}, async (t) => {
  const kafka = await startKafka(t);
  const { node, load, dataFolder } = await startNode(t, kafka);
  await load.more(50);

  await kafka.kill();
  await carryOn(load, outageMs / 2);
  await kafka.restart();
  await load.more(50);
  kafka.freeze();
  await carryOn(load, outageMs / 2);
  kafka.thaw();

  await load.more(50);
  await load.stop();
  const log = await openKafkaLog({ url: kafka.url });
  t.after(() => log.close());
  const last = [...load.acknowledged.keys()].at(-1) ?? '';
  await waitUntil('the last task is relayed', async () => hasKey(log, last), 60_000);
  await untilQuiet(
    () => lengthOf(log),
    () => delay(1_500),
  );
  await node.kill();
  const store = await openSqliteStore({ file: join(dataFolder, 'store.sqlite'), schema: { collections: {} } });
  const { events, records, tasks } = await assertAllRelayed(store, log).finally(() => store.close());
  for (const id of load.acknowledged.keys()) assert.ok(tasks.has(id), `task ${id} was acknowledged`);
  t.diagnostic(`${load.acknowledged.size} tasks, ${events} events, ${records} records`);
});

interface Bench {
  readonly node: NodeProgram;
  readonly load: TaskLoad;
  readonly dataFolder: string;
}

async function startNode(t: TestContext, { url }: TestKafka): Promise<Bench> {
  const after = createAfter(t);
  const dataFolder = join(await createFolder(after), 'data');
  await mkdir(dataFolder, { mode: 0o700 });
  const settings = { log: { relay: true, url }, grpc: { port: 0 } };
  await writeFile(join(dataFolder, 'config.yaml'), JSON.stringify(settings));
  const node = startNodeProgram({ dataFolder, deploy: [] });
  const load = new TaskLoad(ownCallers(2, 50));
  after(async () => {
    await load.stop();
    await node.kill();
  });
  load.turnTo(node.up);
  await node.up;
  return { node, load, dataFolder };
}

/** Calls are answered all the time. */
async function carryOn(load: TaskLoad, forMs: number): Promise<void> {
  for (const endMs = Date.now() + forMs; Date.now() < endMs; ) {
    const beganMs = Date.now();
    await load.more(1);
    const tookMs = Date.now() - beganMs;
    assert.ok(tookMs < slowestCallMs, `a call took ${tookMs} ms`);
    await delay(100);
  }
}

async function lengthOf(log: Log): Promise<number> {
  return (await log.describeTopic('task-events'))?.ranges.reduce((sum, { endOffset }) => sum + endOffset, 0) ?? 0;
}

async function hasKey(log: Log, wanted: string): Promise<boolean> {
  for (const { partition, endOffset } of (await log.describeTopic('task-events'))?.ranges ?? []) {
    const page = await log.read({
      ...{ topic: 'task-events', partition, offset: Math.max(0, endOffset - 500), limit: 500 },
    });
    if (page.records.some(({ key }) => key === wanted)) return true;
  }
  return false;
}
