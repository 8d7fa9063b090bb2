import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../../src/base/index.ts';
import { subscribe } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { startKafka, type TestKafka } from '../support/kafka-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const needed = requires('kafka');
/** As R3 has it. */
const outageMs = 30_000;

interface Outage {
  readonly name: string;
  begin(kafka: TestKafka): Promise<void>;
  end(kafka: TestKafka): Promise<void>;
}

const outages: readonly Outage[] = [
  { name: 'is stopped for 30 s', begin: (kafka) => kafka.stop(), end: (kafka) => kafka.restart() },
  { name: 'stands still for 30 s', begin: async (kafka) => kafka.freeze(), end: async (kafka) => kafka.thaw() },
];

for (const outage of outages) {
  test(
    `when Kafka ${outage.name}, calls fail in time, then everything goes on, and nothing acknowledged is lost`,
    needed,
    async (t) => {
      const kafka = await startKafka(t);
      const log = await openKafkaLog({ url: kafka.url });
      t.after(() => log.close());
      await log.createTopic({ name: 'outage', partitions: 2 });
      const seen = new Set<string>();
      const subscription = await subscribe({
        ...{ log, group: 'g', topics: ['outage'] },
        onExhausted: () => Promise.reject(new Error('no record may be given up')),
        handle: async ({ value }) => void seen.add(Buffer.from(value ?? []).toString()),
      });
      const acknowledged: string[] = [];
      const publish = async (text: string): Promise<void> => {
        await log.publish('outage', [{ key: text, value: Buffer.from(text) }]);
        acknowledged.push(text);
      };
      for (let n = 0; n < 20; n++) await publish(`before-${n}`);
      await waitUntil('all are handled', () => seen.size === 20);

      await outage.begin(kafka);
      const endMs = Date.now() + outageMs;
      for (let n = 0; Date.now() < endMs; n++) {
        const startMs = Date.now();
        await assert.rejects(publish(`during-${n}`), (thrown) => hasCode(thrown, 'UNAVAILABLE'));
        assert.ok(Date.now() - startMs < 20_000, `${Date.now() - startMs} ms`);
        await delay(100);
      }
      await outage.end(kafka);

      await waitUntil(
        'records are taken again',
        () =>
          publish('after').then(
            () => true,
            () => false,
          ),
        60_000,
      );
      for (let n = 0; n < 20; n++) await publish(`after-${n}`);
      await waitUntil('all are handled', () => acknowledged.every((text) => seen.has(text)), 60_000);
      await waitUntil(
        'all is committed',
        async () => (await log.describeGroup('g', 'outage')).every(({ lag }) => lag === 0),
        60_000,
      );
      await subscription.close();
    },
  );
}
