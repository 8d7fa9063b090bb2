import type { CreatePushConfigRequest, PushConfig, PushConfigIdRequest } from '../../protocol/index.ts';
import type { CallContext, Target } from '../call-context.ts';

/**
 * Webhooks of tasks. Guarantees: a webhook that was accepted survives a restart, and is told of every change of its task behind
 * that point, at least once, in order, until it has failed for good; its secrets are sealed at rest and never given back.
 * Errors: TASK_NOT_FOUND, INVALID_PARAMS (an address that may not be called), QUEUE_FULL (too many for one task), NOT_FOUND.
 */
export interface PushService {
  create(target: Target, request: CreatePushConfigRequest, context: CallContext): Promise<PushConfig>;
  get(target: Target, request: PushConfigIdRequest, context: CallContext): Promise<PushConfig>;
  list(target: Target, taskId: string, context: CallContext): Promise<readonly PushConfig[]>;
  /** Removing what is not there is no error. */
  remove(target: Target, request: PushConfigIdRequest, context: CallContext): Promise<void>;
  /** For operators: the webhooks that were given up, newest first, at most 100. */
  listFailed(): Promise<readonly FailedWebhook[]>;
  /** For operators: tells a webhook again, from the item that it could not be told of. */
  redrive(taskId: string, id: string): Promise<void>;
}

/** A webhook that was given up: its dead letter. */
export interface FailedWebhook {
  readonly taskId: string;
  readonly id: string;
  readonly agentId: string;
  readonly url: string;
  /** Sequence of the last item that it was told of. */
  readonly position: number;
  readonly failedAtMs: number;
  readonly attempts: number;
  readonly reason: string;
}

/** How webhooks are called. */
export interface WebhookTransport {
  /** Throws INVALID_PARAMS for an address that may not be called. */
  checkUrl(url: string): void;
  /** The answer's status. A redirect is an answer. Throws ParleyError: PERMISSION_DENIED is final, all else may pass. */
  post(request: WebhookRequest): Promise<number>;
}

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
