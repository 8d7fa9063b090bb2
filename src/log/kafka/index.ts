export { type KafkaLogOptions, openKafkaLog } from './open-kafka-log.ts';
