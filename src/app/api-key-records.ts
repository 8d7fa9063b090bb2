import type { ApiKeyRecords } from '../security/index.ts';
import type { CollectionSchema, Store } from '../store/index.ts';

/** Where the store keeps API keys. */
export const apiKeyCollection = 'api-keys';
export const apiKeyCollectionSchema: CollectionSchema = { indexes: ['all'] };

const pageSize = 200;

/** API keys as documents of the store. */
export function createApiKeyRecords(store: Store): ApiKeyRecords {
  return {
    get: async (id) => (await store.get(apiKeyCollection, id))?.value,
    async put(id, value) {
      const indexes = { all: { equals: '', sort: id } };
      await store.commit({ key: id, documents: [{ collection: apiKeyCollection, value, indexes }] });
    },
    remove: (id) => store.commit({ key: id, documents: [{ collection: apiKeyCollection }] }),
    async list() {
      const values: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.find({
          ...{ collection: apiKeyCollection, index: 'all', equals: '', order: 'ascending', limit: pageSize },
          ...(cursor !== undefined && { cursor }),
        });
        values.push(...page.documents.map(({ value }) => value));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return values;
    },
  };
}
