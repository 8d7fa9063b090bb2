import { ParleyError } from '../base/index.ts';
import { maxBatchRecords, type NewRecord, type TopicChange, type TopicSettings } from './port.ts';

const namePattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const maxKeyBytes = 1_024;
const maxPartitions = 1_024;

/** Throws INVALID_PARAMS for what no topic may be. */
export function checkTopicSettings(settings: TopicSettings): void {
  const { name, partitions, retentionMs = 1, retentionBytes = 1 } = settings;
  if (!namePattern.test(name)) {
    throw invalid(
      `A topic cannot be called ${JSON.stringify(name.slice(0, 249))}. Use letters, digits, ".", "_" and "-".`,
    );
  }
  if (!isWithin(partitions, 1, maxPartitions)) {
    throw invalid(`Topic ${name} cannot have ${partitions} partitions. Choose 1 to ${maxPartitions}.`);
  }
  if (!isWithin(retentionMs, 0) || !isWithin(retentionBytes, 0)) {
    throw invalid(`The retention of topic ${name} must be a whole number that is not negative.`);
  }
}

/** The topic's settings after the change. INVALID_PARAMS when partitions would become fewer, or a compacted topic's keys would move. */
export function applyTopicChange(settings: TopicSettings, change: TopicChange): TopicSettings {
  const next = { ...settings, ...change };
  checkTopicSettings(next);
  const { name, partitions, isCompacted } = settings;
  if (next.partitions < partitions) {
    throw invalid(`Topic ${name} has ${partitions} partitions; they can only become more, not ${next.partitions}.`);
  }
  if (next.partitions > partitions && isCompacted) {
    throw invalid(`Topic ${name} is compacted and keeps its ${partitions} partitions. Create another topic instead.`);
  }
  return next;
}

/** Throws INVALID_PARAMS or PAYLOAD_TOO_LARGE for the first record that cannot be published. */
export function checkRecords(topic: string, records: readonly NewRecord[], maxRecordBytes: number): void {
  if (records.length > maxBatchRecords) {
    throw invalid(
      `${records.length} records were to be published at once to ${topic}; at most ${maxBatchRecords} may.`,
    );
  }
  for (const record of records) checkRecord(topic, record, maxRecordBytes);
}

function checkRecord(topic: string, record: NewRecord, maxRecordBytes: number): void {
  const { key, timestampMs = 0 } = record;
  if (key !== undefined && (key === '' || Buffer.byteLength(key) > maxKeyBytes)) {
    throw invalid(`A record for ${topic} has a key that is empty or longer than ${maxKeyBytes} bytes.`);
  }
  if (!isWithin(timestampMs, 0)) throw invalid(`A record for ${topic} has the timestamp ${timestampMs}.`);
  const bytes = sizeOfRecord(record);
  if (bytes <= maxRecordBytes) return;
  const message = `A record of ${bytes} bytes was to be published to ${topic}; at most ${maxRecordBytes} are allowed.`;
  throw new ParleyError('PAYLOAD_TOO_LARGE', message, { details: { topic, bytes, maxRecordBytes } });
}

/** Bytes of key, value and headers. */
export function sizeOfRecord({ key = '', value, headers }: Pick<NewRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = Buffer.byteLength(key) + (value?.byteLength ?? 0);
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  return bytes;
}

/** The error of whoever names a topic that is not there. */
export function topicNotFound(topic: string): ParleyError {
  const message = `There is no topic ${topic}. Create it with "parley log topics create ${topic}".`;
  return new ParleyError('NOT_FOUND', message, { details: { topic } });
}

/** The error of whoever names a partition that the topic does not have. */
export function partitionNotFound(topic: string, partition: number): ParleyError {
  return new ParleyError('NOT_FOUND', `Topic ${topic} has no partition ${partition}; they are counted from 0.`, {
    details: { topic, partition },
  });
}

/** The error of whoever creates a topic twice. */
export function topicExists(topic: string): ParleyError {
  return new ParleyError('CONFLICT', `There is a topic ${topic} already. Alter it instead.`, { details: { topic } });
}

function isWithin(value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function invalid(message: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', message);
}
