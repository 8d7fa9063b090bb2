import { ParleyError } from '../base/index.ts';
import { idempotentKeyName, type Message } from '../protocol/index.ts';
import type { CallContext } from './call-context.ts';

/** Whose message id is a key without being asked: nobody's, or everybody's. */
export type DedupeRule = 'asked' | 'message-id';

const maxKeyLength = 255;

/**
 * The key under which a send is done once; undefined when it is not asked for. The header's wins; then, for callers of the
 * extension, the one in the message's metadata; then, for them and by the setting, the message's id. INVALID_PARAMS for a key
 * in the metadata that is not 1 to 255 characters of text.
 */
export function chooseKey(message: Message, context: CallContext, rule: DedupeRule): string | undefined {
  if (context.idempotencyKey !== undefined) return context.idempotencyKey;
  const given = context.idempotentSend ? message.metadata?.[idempotentKeyName] : undefined;
  if (given !== undefined && given !== null) return requireKey(given);
  // A space cannot be in a header's key: a message id is never taken for one.
  return context.idempotentSend || rule === 'message-id' ? `message ${message.messageId}` : undefined;
}

function requireKey(given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= maxKeyLength) return given;
  const description = `must be text of 1 to ${maxKeyLength} characters`;
  const details = { violations: [{ field: `message.metadata.${idempotentKeyName}`, description }] };
  throw new ParleyError('INVALID_PARAMS', `The key of an idempotent send ${description}.`, { details });
}
