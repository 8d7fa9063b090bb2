export type { GroupOptions, GroupSubscriber } from './delivery/group-subscriber.ts';
export type { RedriveOutcome } from './delivery/redrive-outcome.ts';
export { type Subscription, type SubscriptionStatus, subscribe } from './delivery/subscribe.ts';
export type {
  DeliveryContext,
  ExhaustedRecord,
  RetrySettings,
  SubscribeOptions,
} from './delivery/subscribe-options.ts';
export { ensureTopic } from './ensure-topic.ts';
export { partitionOf } from './partition-of.ts';
export {
  defaultMaxRecordBytes,
  type GroupMember,
  type GroupPosition,
  type Log,
  type LogRecord,
  type Membership,
  maxBatchRecords,
  type NewRecord,
  type PartitionRange,
  type ReadPage,
  type ReadQuery,
  type RecordBatch,
  type RecordPlace,
  type TopicChange,
  type TopicDescription,
  type TopicPartition,
  type TopicSettings,
} from './port.ts';
export { matchesFilter, type RecordFilter } from './record-filter.ts';
export { recordHeaders } from './record-headers.ts';
export { type CopyRequest, type CopyStep, copyRecords } from './replay/copy-records.ts';
export { type GroupMove, type GroupReset, resetGroup } from './replay/reset-group.ts';
export { scanTopic } from './replay/scan-topic.ts';
export { type SearchPage, searchTopic, type TopicSearch } from './search-topic.ts';
