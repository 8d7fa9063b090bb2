import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logContract, type OpenLogSubject } from '../../testing/index.ts';
import { openSqliteLog } from './open-sqlite-log.ts';

const open: OpenLogSubject = async ({ maxRecordBytes }) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-log-'));
  const options = { file: join(folder, 'log.sqlite'), maxRecordBytes, maintenanceMs: 50 };
  let current = await openSqliteLog(options);
  return {
    log: current,
    async reopen() {
      await current.close();
      current = await openSqliteLog(options);
      return current;
    },
    async destroy() {
      await current.close();
      await rm(folder, { recursive: true });
    },
  };
};

logContract('sqlite', open);
