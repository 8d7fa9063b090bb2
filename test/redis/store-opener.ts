import { after } from 'node:test';
import { createShortId } from '../../src/base/index.ts';
import { openRedisStore } from '../../src/store/redis/index.ts';
import type { OpenSubject } from '../../src/testing/index.ts';

/** The end of the whole test file. */
export const fileScope: { after(run: () => Promise<void>): void } = { after: (run) => after(run) };

/** Each store has a prefix of its own on the same server. */
export function storeOpener(url: string): OpenSubject {
  return async ({ schema, clock }) => {
    const options = { url, schema, clock, prefix: createShortId() };
    let current = await openRedisStore(options);
    return {
      store: current,
      async reopen() {
        await current.close();
        current = await openRedisStore(options);
        return current;
      },
      destroy: () => current.close(),
    };
  };
}
