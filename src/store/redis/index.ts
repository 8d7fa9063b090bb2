export { openRedisStore } from './open-redis-store.ts';
export type { RedisStoreOptions } from './redis-store-options.ts';
