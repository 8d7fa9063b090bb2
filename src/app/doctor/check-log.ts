import { ParleyError } from '../../base/index.ts';
import type { NodeConfig } from '../config.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const name = 'log';

/** Whether the Kafka or the Redis of `log.url` is there, and what about it puts records at risk; nothing to say about the file. */
export async function checkLog({ log, store }: NodeConfig): Promise<readonly Finding[]> {
  const url = log.url ?? store.url;
  if (url === undefined) return [ok(name, 'A file in the data folder.')];
  try {
    return url.startsWith('kafka') ? await checkKafka(url) : await checkRedis(url);
  } catch (thrown) {
    const { message } = ParleyError.from(thrown);
    return [failed(name, message, 'Start it, or correct log.url (PARLEY_LOG_URL).')];
  }
}

async function checkKafka(url: string): Promise<readonly Finding[]> {
  const { checkKafkaSafety, openKafka } = await import('../../drivers/kafka/index.ts');
  const kafka = await openKafka({ url });
  const warnings = await checkKafkaSafety(kafka).finally(() => kafka.close());
  return report(`Kafka at ${kafka.target}`, warnings, 'See docs/kafka.md, "What the brokers must be like".');
}

async function checkRedis(url: string): Promise<readonly Finding[]> {
  const { checkRedisSafety, openRedis } = await import('../../drivers/redis/index.ts');
  const redis = await openRedis({ url });
  const warnings = await checkRedisSafety(redis).finally(() => redis.close());
  return report(`Redis at ${redis.target}`, warnings, 'See docs/redis.md, "What the server must be like".');
}

function report(what: string, warnings: readonly string[], advice: string): readonly Finding[] {
  if (warnings.length === 0) return [ok(name, `${what} answers, and keeps what it is given.`)];
  return warnings.map((finding) => warning(name, finding, advice));
}
