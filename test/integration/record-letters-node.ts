import { setTimeout as delay } from 'node:timers/promises';
import { openWorld, quick } from './record-letters-world.ts';

/**
 * A process whose handler fails until a record is redriven, and then never ends: it says `put aside` and `handling`, and waits to
 * be killed. Arguments: folder, topic, group, and the log's address, if it has one.
 */
const [folder = '', topic = '', group = '', url] = process.argv.slice(2);
const world = await openWorld({ folder, ...(url !== undefined && { url }) }, topic);
await world.log.publish(topic, [{ key: 'k', value: Buffer.from('once more') }]);
await world.groups.subscribe({
  ...{ group, topics: [topic], retry: quick },
  async handle(_record, { isRedriven }) {
    if (!isRedriven) throw new Error('it does not work');
    process.stdout.write('handling\n');
    await new Promise(() => {});
  },
});
while (true) {
  const { letters } = await world.letters.list({ limit: 1, order: 'oldest' });
  const [letter] = letters;
  if (letter !== undefined) {
    await world.letters.redrive(letter.id, 'operator');
    break;
  }
  await delay(20);
}
