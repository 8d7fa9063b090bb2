import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { abortable, deferred } from './abort.ts';

test('a promise that settles first decides, and leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve('done'), signal), 'done');
  await assert.rejects(abortable(Promise.reject(new Error('broke')), signal), /broke/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an abort rejects with its reason, before and during the wait', async () => {
  const stop = new AbortController();
  const waiting = abortable(deferred<void>().promise, stop.signal);
  stop.abort(new Error('no longer wanted'));
  await assert.rejects(waiting, /no longer wanted/);
  await assert.rejects(abortable(Promise.resolve(), stop.signal), /no longer wanted/);
});

test('a deferred that is rejected while nobody waits does not end the process', async () => {
  const handles = deferred<void>();
  handles.reject(new Error('early'));
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(handles.promise, /early/);
});

test('what is called off before it is waited for may still fail', async () => {
  const late = Promise.withResolvers<void>();
  await assert.rejects(abortable(late.promise, AbortSignal.abort(new Error('called off'))), /called off/);
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  late.reject(new Error('too late'));
  await new Promise(setImmediate);
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});
