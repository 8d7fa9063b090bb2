export type { CompatibilityLevel, Violation } from './compatibility.ts';
export { compatibilityLevels, findViolations, parseCompatibilityLevel } from './compatibility.ts';
export { diffSchemas, type SchemaDifference } from './diff-schemas.ts';
export { createEmbeddedRegistry, type EmbeddedRegistry } from './embedded-registry.ts';
export { type ChangeVerdict, explainChange, type WantedChange } from './explain-change.ts';
export { createHttpRegistry, type HttpRegistryOptions } from './http-registry.ts';
export { ensureOwnSubjects, type OwnSubject, readOwnSubjects } from './own-subjects.ts';
export type { CompatibilityAnswer, RegisteredSchema, SchemaRegistry, SchemaStorage } from './port.ts';
export {
  createRecordCodec,
  type DecodedRecord,
  type ReadingOptions,
  type RecordCodec,
  type RecordEncoder,
} from './record-codec.ts';
export { createRegistryRest, type RegistryRequest, type RegistryRest } from './registry-rest.ts';
export type { RegistryAnswer } from './rest-route.ts';
export { copySchemasToTopic, restoreSchemasFromTopic } from './schema-topic.ts';
export { toJsonSchema } from './to-json-schema.ts';
