import type { StreamItem } from './model.ts';
import { v1Codec } from './v1/codec.ts';
import { v03Codec } from './v03/codec.ts';

/** What is posted to a webhook for one item, in the version that the webhook was asked for. */
export function formatWebhookBody(
  version: '1.0' | '0.3',
  item: StreamItem,
): { readonly contentType: string; readonly body: string } {
  if (version === '0.3') {
    return { contentType: 'application/json', body: JSON.stringify(v03Codec.encodeStreamItem(item)) };
  }
  return { contentType: 'application/a2a+json', body: JSON.stringify(v1Codec.encodeStreamItem(item)) };
}
