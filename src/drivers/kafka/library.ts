import { readFile } from 'node:fs/promises';
import { ParleyError } from '../../base/index.ts';
import type { ResolvedKafkaOptions } from './kafka-options.ts';
import type { KafkaTarget } from './kafka-target.ts';

export type Library = typeof import('@platformatic/kafka');
export type Producer = import('@platformatic/kafka').Producer;
export type Consumer = import('@platformatic/kafka').Consumer;
export type Admin = import('@platformatic/kafka').Admin;
export type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
export type ConnectionPool = import('@platformatic/kafka').ConnectionPool;
export type RecordsBatch = import('@platformatic/kafka').RecordsBatch;

type BaseOptions = import('@platformatic/kafka').BaseOptions;

/** What all clients of one target share: the library itself, and how to connect. */
export interface Driver {
  readonly library: Library;
  readonly connection: BaseOptions;
  readonly options: ResolvedKafkaOptions;
  /** Without secrets. */
  readonly target: string;
}

const connectTimeoutMs = 5_000;

/** How the library is told to connect. */
export async function createConnectionOptions(
  target: KafkaTarget,
  { clientId, requestTimeoutMs }: ResolvedKafkaOptions,
): Promise<BaseOptions> {
  const { addresses, login, tls, caFile } = target;
  return {
    clientId,
    bootstrapBrokers: addresses.map(({ host, port }) => ({ host, port })),
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: requestTimeoutMs,
    retries: 2,
    retryDelay: 300,
    ...(login && { sasl: { ...login } }),
    ...(tls && { tls: caFile === undefined ? {} : { ca: await readAuthorities(caFile) } }),
  };
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ParleyError('CONFIG_INVALID', `The caFile ${file} in the address of Kafka cannot be read.`, { cause });
  }
}
