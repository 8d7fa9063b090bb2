import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../../testing/index.ts';
import type { Store } from '../port.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

storeContract('sqlite', async ({ schema, clock }) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'));
  const file = join(folder, 'store.sqlite');
  let current: Store = await openSqliteStore({ file, schema, clock });
  return {
    store: current,
    async reopen() {
      await current.close();
      current = await openSqliteStore({ file, schema, clock });
      return current;
    },
    async destroy() {
      await current.close();
      await rm(folder, { recursive: true });
    },
  };
});
