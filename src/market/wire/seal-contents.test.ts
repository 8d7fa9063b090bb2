import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSealer, type Sealer } from '../../security/index.ts';
import { asRecord, request, response } from '../market.fixture.ts';
import type { MarketRecord } from './records.ts';
import { type ContentKeys, isUnreadable, openRecord, openValue, sealRecord } from './seal-contents.ts';

const sealer = createSealer('k'.repeat(43));

function keysOf(known: Readonly<Record<string, Sealer>>): ContentKeys {
  return { find: async (id) => known[id] };
}

const keys = keysOf({ 'ann/1': sealer });
const gone = keysOf({});

function sealedWith(record: MarketRecord, id: string): MarketRecord {
  return { ...record, sealedWith: id };
}

const wanted = asRecord(request({ description: 'what ann wants', input: '[{"text":"of ann"}]', proposedCost: 7 }));
const done = asRecord(response('hand', 'COMPLETED', { message: 'ann’s is done', result: '[{"text":"for ann"}]' }));

test('contents are sealed, the course of the negotiation is not, and with the key all of it comes back', async () => {
  for (const record of [wanted, done].map((one) => sealedWith(one, 'ann/1'))) {
    const sealed = await sealRecord(record, keys);
    assert.doesNotMatch(JSON.stringify(sealed.value), /of ann|for ann|ann wants|is done/);
    const known = ({ taskId, timestamp }: MarketRecord['value']): unknown => [taskId, timestamp];
    assert.deepEqual(known(sealed.value), known(record.value));
    assert.deepEqual(await openRecord(sealed, keys), record);
  }
  const { value } = (await sealRecord(sealedWith(wanted, 'ann/1'), keys)) as { value: { proposedCost: number } };
  assert.equal(value.proposedCost, 7);
});

test('a record that names no key goes and comes as it is', async () => {
  assert.equal(await sealRecord(wanted, keys), wanted);
  assert.equal(await openRecord(wanted, keys), wanted);
});

test('without its key a record has no contents, and what is asked for there is not to be bid for', async () => {
  const sealed = await sealRecord(sealedWith(wanted, 'ann/1'), keys);
  const left = await openRecord(sealed, gone);
  assert.ok(left.topic === 'task-requests');
  assert.deepEqual([left.value.description, left.value.input, left.value.proposedCost], ['erased', null, 7]);
  assert.deepEqual([isUnreadable(left), isUnreadable(await openRecord(sealed, keys))], [true, false]);
  assert.deepEqual(await sealRecord(sealedWith(wanted, 'ann/1'), gone), left, 'nor is it published in the clear');
});

test('what was sealed for one task is not opened in another, and what was not sealed is not believed', async () => {
  const sealed = await sealRecord(sealedWith(wanted, 'ann/1'), keys);
  const copied = { ...sealed, value: { ...sealed.value, taskId: 'stolen' } } as MarketRecord;
  assert.ok(isUnreadable(await openRecord(copied, keys)));
  assert.ok(isUnreadable(await openRecord(sealedWith(wanted, 'ann/1'), keys)));
});

test('a decoded value of the log is opened by the names that it has there', async () => {
  const { value } = await sealRecord(sealedWith(done, 'ann/1'), keys);
  assert.ok('result' in value);
  const onWire = { task_id: value.taskId, message: value.message, result: value.result, status: 'COMPLETED' };
  const open = { ...onWire, message: 'ann’s is done', result: '[{"text":"for ann"}]' };
  assert.deepEqual(await openValue(onWire, 'ann/1', keys), open);
  assert.deepEqual(await openValue(onWire, 'ann/1', gone), { ...onWire, message: null, result: null });
});
