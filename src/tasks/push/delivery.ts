import { abortable, type Clock, type Logger, ParleyError, sleep, type Telemetry } from '../../base/index.ts';
import { isTerminal } from '../../protocol/index.ts';
import type { WebhookSigner } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import type { TaskBlobs } from '../blobs.ts';
import { taskJournal } from '../events.ts';
import type { SequencedItem } from '../port.ts';
import { followTask } from '../reader.ts';
import type { WebhookTransport } from './port.ts';
import { type AttemptOutcome, decideRetry, type RetrySettings } from './retry.ts';
import type { TaskWebhooks } from './task-webhooks.ts';
import { createWebhookRequest } from './webhook-request.ts';

export interface DeliveryOptions {
  readonly store: Store;
  readonly blobs: TaskBlobs;
  readonly transport: WebhookTransport;
  readonly signer: WebhookSigner;
  readonly retry: RetrySettings;
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

export interface DeliveryJob {
  readonly webhooks: TaskWebhooks;
  readonly id: string;
  readonly signal: AbortSignal;
}

/**
 * Tells one webhook of its task, item by item in the journal's order, until the task ends, the webhook is removed or has
 * failed for good. What was told is written down before the next item. Never throws.
 */
export async function deliver(job: DeliveryJob, options: DeliveryOptions): Promise<void> {
  try {
    while (!job.signal.aborted && job.webhooks.find(job.id)?.state === 'open') await followOnce(job, options);
  } catch (thrown) {
    if (job.signal.aborted) return;
    const { message, code } = ParleyError.from(thrown);
    options.logger.error('a webhook cannot be told now', { taskId: job.webhooks.taskId, code, error: message });
  }
}

/** Until the stream of the task closes: at its end, or when it waits for its caller. */
async function followOnce(job: DeliveryJob, options: DeliveryOptions): Promise<void> {
  const { webhooks, id, signal } = job;
  const { store, blobs } = options;
  const { contextId } = webhooks.document;
  const after = webhooks.find(id)?.position ?? 0;
  for await (const { items } of followTask({ store, blobs, id: webhooks.taskId, contextId, after, signal })) {
    for (const item of items) if (!(await tell(job, item, options))) return;
  }
}

/** True when the webhook has been told and is still to be told more. */
async function tell(job: DeliveryJob, item: SequencedItem, options: DeliveryOptions): Promise<boolean> {
  const { webhooks, id } = job;
  for (let attempt = 1; ; attempt++) {
    const decision = decideRetry(await tryOnce(job, item, options), attempt, options.retry);
    job.signal.throwIfAborted();
    options.telemetry.count('parley_webhook_attempts_total', { outcome: decision.kind });
    if (decision.kind === 'delivered') {
      const ended = endsTask(item) && (await isLast(webhooks.taskId, item, options));
      await webhooks.change(id, { position: item.sequence, ...(ended && { state: 'done' as const }) });
      return !ended;
    }
    if (decision.kind === 'give-up') {
      await giveUp(job, { attempt, reason: decision.reason }, options);
      return false;
    }
    await sleep(options.clock, decision.delayMs, job.signal);
  }
}

async function tryOnce(job: DeliveryJob, item: SequencedItem, options: DeliveryOptions): Promise<AttemptOutcome> {
  const { webhooks, id, signal } = job;
  const { signer, transport, timeoutMs, clock } = options;
  const webhook = webhooks.find(id);
  if (webhook === undefined) throw new ParleyError('CANCELED', 'The webhook was removed.');
  const secrets = webhooks.secretsOf(webhook);
  const { taskId } = webhooks;
  const request = await createWebhookRequest({ taskId, webhook, secrets, item, signer, nowMs: clock.now() });
  try {
    return { status: await abortable(transport.post({ ...request, timeoutMs, signal }), signal) };
  } catch (thrown) {
    return { thrown };
  }
}

async function giveUp(
  { webhooks, id }: DeliveryJob,
  { attempt, reason }: { readonly attempt: number; readonly reason: string },
  { clock, logger }: DeliveryOptions,
): Promise<void> {
  logger.warn('a webhook was given up', { taskId: webhooks.taskId, webhook: id, reason });
  await webhooks.change(id, { state: 'failed', failure: { atMs: clock.now(), attempts: attempt, reason } });
}

/** A task that had ended may have been taken up again. */
async function isLast(taskId: string, { sequence }: SequencedItem, { store }: DeliveryOptions): Promise<boolean> {
  return (await store.read(taskJournal, taskId, sequence, 1)).length === 0;
}

function endsTask({ item }: SequencedItem): boolean {
  if (item.kind === 'message') return true;
  return item.kind === 'status' && isTerminal(item.update.status.state);
}
