import { createHash } from 'node:crypto';
import { formatWebhookBody, type NewPushConfig } from '../../protocol/index.ts';
import type { WebhookSigner } from '../../security/index.ts';
import type { SequencedItem } from '../port.ts';
import type { WebhookRequest } from './port.ts';
import type { StoredWebhook } from './webhook-document.ts';

/** What is sealed of a webhook. */
export type WebhookSecrets = Pick<NewPushConfig, 'token' | 'authentication'>;

export interface WebhookRequestOptions {
  readonly taskId: string;
  readonly webhook: StoredWebhook;
  readonly secrets: WebhookSecrets;
  readonly item: SequencedItem;
  readonly signer: WebhookSigner;
  readonly nowMs: number;
}

/** A token of the signature is valid for so long. */
const signatureMs = 300_000;

/**
 * One item as it is posted. `Parley-Delivery` is the same each time the same item is sent; `Parley-Signature` is a JWT over
 * the body's digest, to be checked with the keys of `/.well-known/jwks.json`.
 */
export async function createWebhookRequest(
  options: WebhookRequestOptions,
): Promise<Pick<WebhookRequest, 'url' | 'headers' | 'body'>> {
  const { taskId, webhook, secrets, item, signer, nowMs } = options;
  const { contentType, body } = formatWebhookBody(webhook.protocolVersion, item.item);
  const delivery = `${taskId}.${webhook.id}.${item.sequence}`;
  const signature = await signer.sign({
    audience: new URL(webhook.url).origin,
    id: delivery,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + signatureMs,
    claims: { task_id: taskId, body_sha256: createHash('sha256').update(body).digest('hex') },
  });
  const headers = { 'content-type': contentType, 'parley-delivery': delivery, 'parley-signature': signature };
  return { url: webhook.url, headers: { ...headers, ...formatSecrets(secrets) }, body };
}

function formatSecrets({ token, authentication }: WebhookSecrets): Record<string, string> {
  const { scheme, credentials } = authentication ?? {};
  return {
    ...(token !== undefined && { 'x-a2a-notification-token': token }),
    ...(scheme !== undefined && credentials !== undefined && { authorization: `${scheme} ${credentials}` }),
  };
}
