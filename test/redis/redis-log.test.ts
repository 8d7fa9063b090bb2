import { test } from 'node:test';
import { createShortId } from '../../src/base/index.ts';
import type { Log } from '../../src/log/index.ts';
import { openRedisLog } from '../../src/log/redis/index.ts';
import { logContract, type OpenLogSubject } from '../../src/testing/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { fileScope } from './store-opener.ts';

function logOpener(url: string): OpenLogSubject {
  return async ({ maxRecordBytes }) => {
    const options = { url, prefix: createShortId(), maxRecordBytes, maintenanceMs: 50, sessionMs: 3_000 };
    const opened: Log[] = [];
    const open = async (): Promise<Log> => {
      const log = await openRedisLog(options);
      opened.push(log);
      return log;
    };
    return {
      log: await open(),
      async reopen() {
        await opened.at(-1)?.close();
        return open();
      },
      openSecond: open,
      async destroy() {
        for (const log of opened) await log.close();
      },
    };
  };
}

const needed = requires('redis');

if (needed.skip) {
  test('the log in Redis keeps its contract', needed, () => {});
} else {
  const { url } = await startRedis(fileScope, { settings: { appendfsync: 'no' } });
  logContract('redis', logOpener(url));
}
