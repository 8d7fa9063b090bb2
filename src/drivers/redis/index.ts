export { checkRedisSafety } from './check-safety.ts';
export { openRedis } from './open-redis.ts';
export type {
  RedisArgument,
  RedisBlocking,
  RedisBytesReply,
  RedisClient,
  RedisHealth,
  RedisReply,
  RedisScript,
  ReplicaWait,
  ScriptCall,
} from './port.ts';
export type { RedisOptions } from './redis-options.ts';
export { createRedisScript } from './redis-script.ts';
export { parseRedisTarget } from './redis-target.ts';
