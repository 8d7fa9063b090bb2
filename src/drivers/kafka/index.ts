export { checkKafkaSafety } from './check-safety.ts';
export type { KafkaOptions } from './kafka-options.ts';
export { openKafka } from './open-kafka.ts';
export type {
  KafkaAdmin,
  KafkaBatch,
  KafkaBrokers,
  KafkaClient,
  KafkaMember,
  KafkaNewRecord,
  KafkaPage,
  KafkaPartition,
  KafkaPlace,
  KafkaRecord,
  KafkaSeat,
  KafkaTopic,
} from './port.ts';
