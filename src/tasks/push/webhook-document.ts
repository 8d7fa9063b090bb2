import type { NewPushConfig } from '../../protocol/index.ts';
import type { CollectionSchema, DocumentChange } from '../../store/index.ts';

/** Collection of the webhooks, one document a task. */
export const webhookCollection = 'webhooks';

/** `open`: tasks with a webhook that is to be told more, by the node that tells it; `failed`: with one that was given up. */
export const webhookIndexes = { open: 'open', failed: 'failed' } as const;

/** How the collection is declared to the store. */
export const webhookCollectionSchema: CollectionSchema = { indexes: Object.values(webhookIndexes) };

/** One webhook as it is kept. */
export interface StoredWebhook {
  readonly id: string;
  readonly url: string;
  readonly protocolVersion: NewPushConfig['protocolVersion'];
  /** Token and authentication, as JSON, sealed. */
  readonly sealed: string | undefined;
  /** Sequence of the last item that it was told of. */
  readonly position: number;
  readonly state: 'open' | 'done' | 'failed';
  readonly failure?: { readonly atMs: number; readonly attempts: number; readonly reason: string };
}

/** The webhooks of one task. */
export interface WebhookDocument {
  readonly agentId: string;
  readonly contextId: string;
  /** The node that tells them, and the only one that writes this; unset: the only node there is. */
  readonly node?: string;
  readonly webhooks: readonly StoredWebhook[];
}

/** The document as a change of the store; one that is not open any more expires. */
export function changeDocument(document: WebhookDocument, nowMs: number, keptMs: number): DocumentChange {
  const has = (state: StoredWebhook['state']): boolean => document.webhooks.some((webhook) => webhook.state === state);
  const sort = nowMs.toString().padStart(15, '0');
  return {
    collection: webhookCollection,
    value: JSON.stringify(document),
    indexes: {
      ...(has('open') && { [webhookIndexes.open]: { equals: document.node ?? '', sort } }),
      ...(has('failed') && { [webhookIndexes.failed]: { equals: '', sort } }),
    },
    ...(!has('open') && { expiresAtMs: nowMs + keptMs }),
  };
}
