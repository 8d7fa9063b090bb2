export { openRedisLog, type RedisLogOptions } from './open-redis-log.ts';
