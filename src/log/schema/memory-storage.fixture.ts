import { ParleyError } from '../../base/index.ts';
import type { SchemaStorage } from './port.ts';

/** A storage that forgets; several registries over one are several nodes. */
export function createMemoryStorage(): SchemaStorage {
  const records: string[] = [];
  return {
    read: async (after) => records.slice(after, after + 100),
    async append(after, added) {
      if (after !== records.length) throw new ParleyError('VERSION_CONFLICT', 'Somebody was faster.');
      records.push(...added);
    },
  };
}
