export { openRedisStore } from './open-redis-store.ts';
export { type OpenedBlobs, openRedisBlobs } from './redis-blobs.ts';
export type { OpenedRedisStore } from './redis-store.ts';
