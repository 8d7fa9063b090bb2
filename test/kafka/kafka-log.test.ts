import { after, before, test } from 'node:test';
import type { Log } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { logContract } from '../../src/testing/index.ts';
import { sharedKafka } from '../support/kafka-server.ts';
import { requires } from '../support/requires.ts';

const { skip } = requires('kafka');

if (skip) {
  test('kafka: the contract of the log', { skip }, () => {});
} else {
  let url = '';
  const ends: (() => Promise<void>)[] = [];
  // What a hook registers with `after` ends with the hook, not with the file.
  before(async () => {
    url = await sharedKafka({ after: (end) => void ends.push(end) });
  });
  after(async () => void (await Promise.all(ends.map((end) => end()))));
  logContract(
    'kafka',
    async (setup) => {
      const opened: Log[] = [];
      const open = async (): Promise<Log> => {
        const log = await openKafkaLog({ url, ...setup });
        opened.push(log);
        return log;
      };
      const log = await open();
      return {
        log,
        openSecond: open,
        async reopen() {
          await log.close();
          return await open();
        },
        async destroy() {
          await Promise.all(opened.map((each) => each.close()));
        },
      };
    },
    // A broker looks for what is old every five minutes, and never at what it still writes to.
    { removesPromptly: false, growsInOrder: false },
  );
}
