import type { KafkaTopic } from '../../drivers/kafka/index.ts';
import { defaultMaxRecordBytes, type TopicChange, type TopicSettings } from '../port.ts';

/** Room for the framing of one record that is as large as it may be. */
const framingBytes = 16 * 1024;
const forever = '-1';

/** A topic of the log as Kafka is told of it. */
export function formatTopic(settings: TopicSettings): KafkaTopic {
  const { name, partitions, isCompacted } = settings;
  const given = formatChange(settings);
  return {
    name,
    partitions,
    settings: {
      'max.message.bytes': String(defaultMaxRecordBytes + framingBytes),
      'message.timestamp.type': 'CreateTime',
      ...(isCompacted && { 'cleanup.policy': 'compact' }),
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    } as Readonly<Record<string, string>>,
  };
}

/** The settings that a change names; undefined where Kafka's default is to hold again. */
export function formatChange(change: TopicChange): Readonly<Record<string, string | undefined>> {
  return {
    ...('retentionMs' in change && { 'retention.ms': formatRetentionMs(change.retentionMs) }),
    ...('retentionBytes' in change && { 'retention.bytes': change.retentionBytes?.toString() }),
  };
}

/** A topic of Kafka in the log's words. */
export function parseTopic({ name, partitions, settings }: KafkaTopic): TopicSettings {
  const { 'retention.ms': ms, 'retention.bytes': bytes, 'cleanup.policy': policy } = settings;
  return {
    name,
    partitions,
    ...(ms !== undefined && { retentionMs: ms === forever ? 0 : Number(ms) }),
    ...(bytes !== undefined && bytes !== forever && { retentionBytes: Number(bytes) }),
    ...(policy?.includes('compact') && { isCompacted: true }),
  };
}

function formatRetentionMs(retentionMs: number | undefined): string | undefined {
  return retentionMs === 0 ? forever : retentionMs?.toString();
}
