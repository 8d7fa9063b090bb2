import { type KafkaOptions, openKafka } from '../../drivers/kafka/index.ts';
import { defaultMaxRecordBytes, type Log } from '../port.ts';
import { KafkaLog } from './kafka-log.ts';

export interface KafkaLogOptions extends KafkaOptions {
  /** Larger records are refused. Default 1 MiB. */
  readonly maxRecordBytes?: number;
}

/** The log in Kafka, or in what speaks its protocol. UNAVAILABLE when nobody answers; CONFIG_INVALID for a wrong address or login. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  return new KafkaLog(await openKafka(options), options.maxRecordBytes ?? defaultMaxRecordBytes);
}
