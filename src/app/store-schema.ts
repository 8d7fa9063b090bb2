import { deployWebhookCollection, remoteAgentCollection } from '../control/index.ts';
import { marketCollections } from '../market/index.ts';
import { fabricSourceCollections } from '../registry/index.ts';
import { breakerCollection, breakerCollectionSchema, deadLetterCollections } from '../resilience/index.ts';
import type { StoreSchema } from '../store/index.ts';
import {
  blobUseCollection,
  idempotencyCollection,
  relayCollection,
  taskCollection,
  taskCollectionSchema,
  webhookCollection,
  webhookCollectionSchema,
} from '../tasks/index.ts';
import { apiKeyCollection, apiKeyCollectionSchema } from './api-key-records.ts';
import type { NodeConfig } from './config.ts';
import { fabricCollection } from './nodes/fabric-key.ts';
import { nodeCollection, nodeCollectionSchema } from './nodes/node-document.ts';

/** The collections of all rooms, as the store must know them. */
export function storeSchema(config: NodeConfig): StoreSchema {
  return {
    collections: {
      [taskCollection]: taskCollectionSchema(config.tasks.keepFinished),
      [idempotencyCollection]: { indexes: [] },
      [blobUseCollection]: { indexes: [] },
      [relayCollection]: { indexes: [] },
      [webhookCollection]: webhookCollectionSchema,
      [breakerCollection]: breakerCollectionSchema,
      ...deadLetterCollections(config.resilience.deadLetters.keep),
      [apiKeyCollection]: apiKeyCollectionSchema,
      ...fabricSourceCollections,
      [remoteAgentCollection]: { indexes: ['all'] },
      ...marketCollections(config.market.keep),
      deployments: { indexes: ['all'] },
      [nodeCollection]: nodeCollectionSchema,
      [fabricCollection]: { indexes: [] },
      [deployWebhookCollection]: { indexes: ['all'] },
    },
  };
}
