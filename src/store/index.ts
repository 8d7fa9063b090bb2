export type { BlobStore } from './blob-port.ts';
export {
  type CollectionSchema,
  type Commit,
  type DocumentChange,
  type DocumentPage,
  type DueTimer,
  type Fence,
  type IndexEntry,
  type Lease,
  type Query,
  type ShardPage,
  type Store,
  type StoredDocument,
  type StoredEvent,
  type StoreSchema,
  type StoreStatus,
  shardCount,
  shardOf,
  type TimerChange,
} from './port.ts';
export { createScopedStore } from './scoped-store.ts';
