import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { formatDetailError, formatParError } from './format-error.ts';
import { invalidBody } from './par-route.ts';

test('errors have a name and a message; what went wrong inside is not told', () => {
  const missing = formatParError(new ParleyError('AGENT_NOT_FOUND', 'There is no agent x.'));
  assert.equal(missing.status, 404);
  assert.deepEqual(JSON.parse(missing.body), { error: 'AgentNotFound', message: 'There is no agent x.' });
  const inside = formatParError(ParleyError.from(new Error('the password is 1234')));
  const told = { error: 'InternalServerError', message: 'An unexpected error occurred' };
  assert.deepEqual([inside.status, JSON.parse(inside.body)], [500, told]);
  assert.doesNotMatch(formatDetailError(ParleyError.from(new Error('the password is 1234'))).body, /1234/);
});

test('a body that is not valid is said field by field', () => {
  const { status, body } = formatParError(invalidBody([{ path: ['webhook', 'url'], message: 'is no address' }]));
  const details = [{ loc: ['body', 'webhook', 'url'], msg: 'is no address', type: 'value_error' }];
  assert.equal(status, 422);
  assert.deepEqual(JSON.parse(body), { error: 'ValidationError', message: 'Invalid request data', details });
});
