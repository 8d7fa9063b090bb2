import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteLog } from '../../src/log/sqlite/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { type NodeProgram, startNodeProgram } from './node-program.ts';
import { assertAllRelayed, untilQuiet } from './relayed-events.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { ownCallers, TaskLoad } from './task-load.ts';

const kills = Number(process.env['PARLEY_FAULT_KILLS'] ?? 20);

test('a node killed at random points under load relays every event that was journalled, in order', {
  timeout: 60_000 + kills * 15_000,
}, async (t) => {
  const { load, dataFolder, start } = await createBench(t);
  for (let round = 0; round < kills; round++) {
    const node = start();
    load.turnTo(node.up);
    await node.up;
    await load.more(1 + Math.floor(Math.random() * 40));
    await delay(Math.random() * 400);
    await node.kill();
  }
  const last = start();
  load.turnTo(last.up);
  await last.up;
  await load.more(10);
  await load.stop();
  await settle(dataFolder, last);
  const { events, records, tasks } = await check(dataFolder);
  for (const id of load.acknowledged.keys()) assert.ok(tasks.has(id), `task ${id} was acknowledged`);
  t.diagnostic(`${kills} kills, ${load.acknowledged.size} tasks, ${events} events, ${records} records`);
});

interface Bench {
  readonly load: TaskLoad;
  readonly dataFolder: string;
  start(): NodeProgram;
}

async function createBench(t: TestContext): Promise<Bench> {
  const after = createAfter(t);
  const dataFolder = join(await createFolder(after), 'data');
  await mkdir(dataFolder, { mode: 0o700 });
  await writeFile(join(dataFolder, 'config.yaml'), JSON.stringify({ log: { relay: true }, grpc: { port: 0 } }));
  const load = new TaskLoad(ownCallers(6));
  let node: NodeProgram | undefined;
  after(async () => {
    await load.stop();
    await node?.kill();
  });
  const start = (): NodeProgram => {
    node = startNodeProgram({ dataFolder, deploy: [] });
    return node;
  };
  return { load, dataFolder, start };
}

/** Ends the node once nothing more comes to its topic. */
async function settle(dataFolder: string, node: NodeProgram): Promise<void> {
  const log = await openSqliteLog({ file: join(dataFolder, 'log.sqlite') });
  const length = async (): Promise<number> =>
    (await log.describeTopic('task-events'))?.ranges.reduce((sum, { endOffset }) => sum + endOffset, 0) ?? 0;
  await untilQuiet(length, () => delay(1_500)).finally(() => log.close());
  await node.kill();
}

async function check(dataFolder: string): ReturnType<typeof assertAllRelayed> {
  const store = await openSqliteStore({ file: join(dataFolder, 'store.sqlite'), schema: { collections: {} } });
  const log = await openSqliteLog({ file: join(dataFolder, 'log.sqlite') });
  try {
    return await assertAllRelayed(store, log);
  } finally {
    await log.close();
    await store.close();
  }
}
