export { blobUseCollection } from './blobs.ts';
export { type RetentionSettings, taskCollectionSchema } from './documents.ts';
export { taskCollection } from './events.ts';
export { idempotencyCollection } from './idempotency.ts';
export type { CallContext, SequencedItem, Target, TaskService } from './port.ts';
export {
  createTaskService,
  defaultTaskSettings,
  type RunningTaskService,
  type TaskServiceOptions,
  type TaskSettings,
} from './service.ts';
