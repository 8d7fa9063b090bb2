import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createShortId } from '../../src/base/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { sharedKafka } from '../support/kafka-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const needed = requires('kafka');
const memberFile = fileURLToPath(new URL('member.fixture.ts', import.meta.url));

interface Member {
  readonly child: ChildProcess;
  readonly handled: string[];
}

async function startMember(t: TestContext, ...args: readonly string[]): Promise<Member> {
  const child = spawn(process.execPath, [memberFile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  assert.equal(first, 'ready');
  const handled: string[] = [];
  lines.on('line', (line) => handled.push(line));
  return { child, handled };
}

test(
  'two processes share the partitions; one is killed, another comes and leaves, and nothing is lost',
  needed,
  async (t) => {
    const url = await sharedKafka(t);
    const [topic, group] = [`shared-${createShortId()}`, `group-${createShortId()}`];
    const log = await openKafkaLog({ url });
    t.after(() => log.close());
    await log.createTopic({ name: topic, partitions: 4 });
    let next = 0;
    const publish = async (count: number): Promise<void> => {
      const records = Array.from({ length: count }, () => ({
        key: `key-${next % 50}`,
        value: Buffer.from(String(next++)),
      }));
      await log.publish(topic, records);
    };
    const members = [await startMember(t, url, group, topic), await startMember(t, url, group, topic)];
    const handled = (): ReadonlySet<string> => new Set(members.flatMap((member) => member.handled));
    await waitUntil('both have begun', async () => {
      await publish(50);
      return members.every((member) => member.handled.length > 0);
    });

    await publish(2_000);
    members[0]?.child.kill('SIGKILL');
    await publish(500);
    await waitUntil('the other has done all', () => handled().size === next, 60_000);

    const third = await startMember(t, url, group, topic);
    members.push(third);
    await waitUntil('the third has its share', async () => {
      await publish(50);
      return third.handled.length > 0;
    });
    await publish(1_000);
    const ended = once(third.child, 'exit');
    third.child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    await waitUntil('all is handled', () => handled().size === next, 60_000);
    await waitUntil('all is committed', async () =>
      (await log.describeGroup(group, topic)).every(({ lag }) => lag === 0),
    );
  },
);
