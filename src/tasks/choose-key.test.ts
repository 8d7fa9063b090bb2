import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idempotentKeyName, type Message } from '../protocol/index.ts';
import { anonymous } from '../security/index.ts';
import type { CallContext } from './call-context.ts';
import { chooseKey } from './choose-key.ts';

const message: Message = { messageId: 'm-1', role: 'user', parts: [{ text: 'x' }] };
const plain: CallContext = { principal: anonymous, trace: { correlationId: 'c' } };
const asking: CallContext = { ...plain, idempotentSend: true };
const keyed = (key: string | number): Message => ({ ...message, metadata: { [idempotentKeyName]: key } });

test('nothing is done once unless it is asked for', () => {
  assert.equal(chooseKey(message, plain, 'asked'), undefined);
  assert.equal(chooseKey(keyed('k'), plain, 'asked'), undefined);
});

test('the header’s key wins over the metadata’s, and that over the message id', () => {
  assert.equal(chooseKey(keyed('k'), { ...asking, idempotencyKey: 'h' }, 'asked'), 'h');
  assert.equal(chooseKey(keyed('k'), asking, 'asked'), 'k');
  assert.match(chooseKey(message, asking, 'asked') ?? '', /m-1$/);
});

test('by the setting every message id is a key, which no header can hold', () => {
  const key = chooseKey(message, plain, 'message-id');
  assert.equal(key, chooseKey(message, asking, 'asked'));
  assert.doesNotMatch(key ?? '', /^[\x21-\x7e]+$/);
});

test('a key in the metadata that is no text, empty or too long is refused by its name', () => {
  for (const wrong of [7, '', 'x'.repeat(256)]) {
    assert.throws(() => chooseKey(keyed(wrong), asking, 'asked'), { code: 'INVALID_PARAMS' });
  }
});
