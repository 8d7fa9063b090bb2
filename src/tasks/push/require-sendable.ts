import { ParleyError } from '../../base/index.ts';
import type { NewPushConfig } from '../../protocol/index.ts';

/** What a header may say: no line breaks, nothing beyond Latin-1. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

/** INVALID_PARAMS for a webhook with something that no header can carry: each delivery of it would fail. */
export function requireSendable({ id, token, authentication }: NewPushConfig): void {
  const fields = {
    id,
    token,
    'authentication.scheme': authentication?.scheme,
    'authentication.credentials': authentication?.credentials,
  };
  const violations = Object.entries(fields)
    .filter(([, value]) => value !== undefined && !sendable.test(value))
    .map(([field]) => ({ field, description: 'must be text that fits into an HTTP header: Latin-1, no line breaks' }));
  const [first] = violations;
  if (first === undefined) return;
  throw new ParleyError('INVALID_PARAMS', `The webhook's ${first.field} ${first.description}.`, {
    details: { violations },
  });
}
