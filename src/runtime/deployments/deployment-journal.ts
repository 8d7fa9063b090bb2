import type { Store } from '../../store/index.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import type { DeploymentEvent } from './machine.ts';
import { upgradeRecord } from './upgrade-record.ts';

const kind = 'deployment';
const collection = 'deployments';
const index = 'all';
const equals = 'all';
const pageSize = 200;

/** What is journalled: the acceptance, then what happened. */
export type JournalledEvent = DeploymentEvent | { readonly type: 'accepted' };

/** Deployments in the store: a journal each, and a document with what it folds to. */
export interface DeploymentJournal {
  /** Appends the event; `record` is the deployment after it, its version counts the event. */
  append(record: DeploymentRecord, event: JournalledEvent): Promise<void>;
  /** All there are, oldest first; those of earlier versions with what they lack. */
  load(): Promise<readonly DeploymentRecord[]>;
  /** Forgets the deployment and its journal. */
  remove(key: string): Promise<void>;
}

/** Keeps deployments in the collection `deployments`, index `all`. */
export function createDeploymentJournal(store: Store): DeploymentJournal {
  return {
    append(record, event) {
      const { key, createdAtMs } = record.spec;
      const sort = `${String(createdAtMs).padStart(15, '0')} ${key}`;
      return store.commit({
        key,
        append: { kind, expectedVersion: record.version - 1, events: [JSON.stringify(event)] },
        documents: [{ collection, value: JSON.stringify(record), indexes: { [index]: { equals, sort } } }],
      });
    },
    async load() {
      const records: DeploymentRecord[] = [];
      let cursor: string | undefined;
      do {
        const after = cursor === undefined ? {} : { cursor };
        const page = await store.find({ collection, index, equals, order: 'ascending', limit: pageSize, ...after });
        for (const { value } of page.documents) records.push(upgradeRecord(JSON.parse(value) as DeploymentRecord));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return records;
    },
    remove: (key) => store.commit({ key, documents: [{ collection }], dropJournal: kind }),
  };
}
