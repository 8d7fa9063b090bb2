import { ParleyError } from '../../base/index.ts';
import type { NodeConfig } from '../config.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const name = 'store';
const advice = 'See docs/redis.md, "What the server must be like".';

/** Whether Redis is there, and what about it puts data at risk; nothing to say about the file. */
export async function checkStore({ store: { url } }: NodeConfig): Promise<readonly Finding[]> {
  if (url === undefined) return [ok(name, 'A file in the data folder.')];
  const { checkRedisSafety, openRedis } = await import('../../drivers/redis/index.ts');
  try {
    const redis = await openRedis({ url });
    const warnings = await checkRedisSafety(redis).finally(() => redis.close());
    if (warnings.length === 0) return [ok(name, `Redis at ${redis.target} answers, and keeps what it is given.`)];
    return warnings.map((finding) => warning(name, finding, advice));
  } catch (thrown) {
    const { message } = ParleyError.from(thrown);
    return [failed(name, message, 'Start Redis, or correct store.url (PARLEY_STORE_URL).')];
  }
}
