import { createShortId, hasCode } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { marketCollection } from '../collections.ts';

const key = 'group';

/**
 * The group in which the nodes of this store read the log: theirs alone, so that fabrics that share a log without sharing a store see
 * all of each other's records.
 */
export async function groupOf(store: Pick<Store, 'get' | 'commit'>): Promise<string> {
  const known = await store.get(marketCollection, key);
  if (known !== undefined) return known.value;
  const value = `parley-market-${createShortId()}`;
  try {
    await store.commit({ key, documents: [{ collection: marketCollection, value, expect: 'absent' }] });
    return value;
  } catch (thrown) {
    if (!hasCode(thrown, 'VERSION_CONFLICT')) throw thrown;
    return groupOf(store);
  }
}
