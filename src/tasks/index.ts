export { blobUseCollection, createTaskBlobs } from './blobs.ts';
export type { CallContext, GenerationCondition, Target } from './call-context.ts';
export { taskCollectionSchema } from './documents.ts';
export { taskCollection } from './events.ts';
export { guardTasks } from './guard-tasks.ts';
export { idempotencyCollection } from './idempotency.ts';
export type { SequencedItem, TaskService } from './port.ts';
export type { FailedWebhook, PushService, WebhookRequest, WebhookTransport } from './push/port.ts';
export { type AttemptOutcome, decideRetry, type RetrySettings } from './push/retry.ts';
export { webhookCollection, webhookCollectionSchema } from './push/webhook-document.ts';
export { createRelay, type RelayOptions, taskEventsTopic } from './relay/relay.ts';
export { relayCollection } from './relay/relay-positions.ts';
export { readTaskStateViews } from './replay/read-task-states.ts';
export { type IncompleteTask, type RebuiltTasks, rebuildTasks } from './replay/rebuild-tasks.ts';
export { readRelayedTask, type TaskFold } from './replay/task-fold.ts';
export { readTaskState } from './replay/task-state-view.ts';
export type { RetentionSettings } from './retention.ts';
export { type EraseOptions, type Erasure, eraseParty } from './sealing/erase-party.ts';
export { PartyKeys } from './sealing/party-keys.ts';
export { erasedParty } from './sealing/seal-event.ts';
export { createUnsealedLog } from './sealing/unsealed-log.ts';
export { fenceOf, type NodeLife, type NodeSeat, nodeLease, type TaskNodeDuties, type WebhookOrder } from './seat.ts';
export {
  createTaskService,
  type RunningTaskService,
  type TaskServiceOptions,
} from './service.ts';
export { defaultTaskSettings, type TaskSettings } from './settings.ts';
