/** A member of a group in a process of its own: prints the value of each record that it has handled, a line each. */
import { setTimeout as delay } from 'node:timers/promises';
import { subscribe } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';

const [url = '', group = '', topic = ''] = process.argv.slice(2);
const log = await openKafkaLog({ url, sessionTimeoutMs: 6_000 });
const subscription = await subscribe({
  ...{ log, group, topics: [topic] },
  onExhausted: () => Promise.resolve(),
  async handle({ value }) {
    await delay(2);
    process.stdout.write(`${Buffer.from(value ?? []).toString()}\n`);
  },
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => {
  void subscription.close().then(() => log.close());
});
