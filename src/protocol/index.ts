export { parseCardKeys } from './card/card-keys.ts';
export { createCardPayloads } from './card/card-payloads.ts';
export { type CardKey, type VerifiedCard, verifyCard } from './card/verify-card.ts';
export type { ClientCodec, Codec } from './codec.ts';
export { decodeCard } from './decode-card.ts';
export type { FieldViolation } from './fields/violation.ts';
export { idempotentKeyName, idempotentSendExtension, idempotentSendUri } from './idempotent-send.ts';
export {
  formatJsonRpcError,
  formatJsonRpcResult,
  type JsonRpcCall,
  type JsonRpcId,
  parseJsonRpc,
} from './json-rpc.ts';
export {
  type AgentCard,
  type AgentInterface,
  type AgentSkill,
  type Artifact,
  type ArtifactUpdate,
  type BlobPart,
  type BlobRef,
  type CardSecurity,
  type CreatePushConfigRequest,
  type DataPart,
  type GetTaskRequest,
  isInterrupted,
  isTerminal,
  type ListTasksRequest,
  type Message,
  type NewPushConfig,
  type Part,
  type PushAuthentication,
  type PushConfig,
  type PushConfigIdRequest,
  type RawPart,
  type Role,
  type SecurityScheme,
  type SendConfiguration,
  type SendRequest,
  type StatusUpdate,
  type StreamItem,
  type Task,
  type TaskIdRequest,
  type TaskPage,
  type TaskState,
  type TaskStatus,
  type TextPart,
  taskStates,
  type UrlPart,
} from './model.ts';
export {
  findOperation,
  type Operation,
  type OperationForm,
  type OperationName,
  operations,
  type RestRoute,
} from './operations.ts';
export { decodeGetQuery, decodeListQuery } from './query.ts';
export { formatOldRestError, formatRestError } from './rest-error.ts';
export { formatSseComment, formatSseEvent, type SseEvent } from './sse.ts';
export { createSseParser, type SseParser } from './sse-parser.ts';
export {
  longestGenerationWaitMs,
  taskGenerationExtension,
  taskGenerationUri,
  withItemGeneration,
  withTaskGeneration,
} from './task-generation.ts';
export { v1Codec } from './v1/codec.ts';
export { addOldFields, encodeOldCard, encodeProtoCard } from './v03/card.ts';
export { v03Client, v03RestClient } from './v03/client.ts';
export { type Binding, resolveVersion, type VersionHints } from './version.ts';
export { formatWebhookBody } from './webhook-body.ts';
export { parseJsonRpcError, parseWireError, type WireFailure } from './wire-error.ts';
