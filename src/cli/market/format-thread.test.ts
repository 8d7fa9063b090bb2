import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatThread } from './format-thread.ts';

const entry = { topic: 't', partition: 0, offset: 3, actorId: 'a', atMs: 5, isVerified: true };

test('what answers stands behind what it answers, also when both are of the same time', () => {
  const text = formatThread([
    { ...entry, recordId: '3', causationId: '2', value: { offer: 3 } },
    { ...entry, recordId: '1', value: { offer: 1 } },
    { ...entry, recordId: '2', causationId: '1', value: { offer: 2 } },
    { ...entry, recordId: '0', atMs: 4, value: { offer: 0 } },
  ]);
  assert.deepEqual(text.match(/offer=\d/g), ['offer=0', 'offer=1', 'offer=2', 'offer=3']);
});

test('causes that lead in a circle, or to nothing, are shown all the same', () => {
  const text = formatThread([
    { ...entry, recordId: '1', causationId: '2', value: { message: 'x'.repeat(100) } },
    { ...entry, recordId: '2', causationId: '1', value: {} },
    { ...entry, recordId: '3', causationId: 'nowhere', isVerified: false, value: {} },
  ]);
  assert.equal(text.split('\n').length, 4);
  assert.ok(text.includes(`message=${'x'.repeat(59)}…`));
});

test('what is not published yet has no place', () => {
  const { offset: _offset, partition: _partition, ...unpublished } = entry;
  const text = formatThread([{ ...unpublished, recordId: '1', value: { reason: null, withdrawn: false, price: 5 } }]);
  assert.match(text, /to be sent +yes +price=5$/m);
});
