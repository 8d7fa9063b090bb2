import type { FailedWebhook, PushService } from '../tasks/index.ts';

/** Webhooks that were given up: the dead letters of push notifications. */
export interface WebhookControl {
  /** Newest first, at most 100. */
  listFailed(): Promise<readonly FailedWebhook[]>;
  /** Tells the webhook again, from where it stopped. NOT_FOUND when it was not given up. */
  redrive(taskId: string, id: string): Promise<void>;
}

/** Use cases over the task service's webhooks. */
export function createWebhookControl(push: PushService): WebhookControl {
  return {
    listFailed: () => push.listFailed(),
    redrive: (taskId, id) => push.redrive(taskId, id),
  };
}
