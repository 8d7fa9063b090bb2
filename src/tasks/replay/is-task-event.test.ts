import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonDifferences } from '../../base/index.ts';
import { defaultDeadLetterRule } from '../../resilience/index.ts';
import { letterChanges } from '../dead-letters/letter-changes.ts';
import { createTaskDocument } from '../documents.ts';
import { applyEvent, lighten } from '../fold.ts';
import { advance } from '../reader.ts';
import { sealEvent } from '../sealing/seal-event.ts';
import { isTaskEvent } from './is-task-event.ts';
import { toTaskStateView } from './task-state-view.ts';

const retention = { finishedTaskMs: 1_000, deadLetters: defaultDeadLetterRule };
const message = { messageId: 'm', role: 'user', parts: [{ text: 'go' }] };
const submitted = {
  ...{ type: 'submitted', at: 1, agentId: 'a', owner: 'o', contextId: 'c', skill: 's', correlationId: 'x' },
  ...{ message, origin: 'o', path: [] },
};
const examples: readonly Readonly<Record<string, unknown>>[] = [
  submitted,
  { type: 'dispatched', at: 2, invocationId: 'i', endpointId: 'e', attempt: 1, idempotent: false },
  { type: 'status', at: 3, state: 'failed', message },
  { type: 'artifact', at: 4, artifact: { artifactId: 'r', parts: [{ text: 'x' }] }, append: true, lastChunk: false },
  { type: 'message', at: 5, message },
  { type: 'reply', at: 6, message },
  { type: 'cancel', at: 7, by: 'o' },
  { type: 'redriven', at: 8, by: 'o' },
  { type: 'taken', at: 9, node: { id: 'n', epoch: 1 } },
];

test('what nodes write are events, and what lacks a member that the fold needs is none', () => {
  for (const event of examples) {
    assert.ok(isTaskEvent(event), String(event['type']));
    assert.ok(!isTaskEvent({ ...event, at: 'now' }));
    assert.ok(!isTaskEvent({ ...event, type: 'toString' }));
  }
  for (const value of [null, [], 'x', { ...submitted, message: { ...message, parts: [null] } }])
    assert.ok(!isTaskEvent(value));
});

test('a value that is nested without end is none', () => {
  const nested = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
  assert.ok(!isTaskEvent({ ...submitted, metadata: { nested } }));
});

test('whatever passes for an event is folded, sealed and shown without harm', () => {
  const mutated = fc.tuple(
    fc.constantFrom(...examples),
    fc.dictionary(
      fc.constantFrom('at', 'message', 'artifact', 'state', 'node', 'metadata', 'by', 'append', 'attempt'),
      fc.jsonValue(),
    ),
    fc.dictionary(fc.constantFrom('parts', 'metadata', 'role', 'name', 'text'), fc.jsonValue()),
  );
  fc.assert(
    fc.property(fc.array(mutated, { maxLength: 5 }), (mutations) => {
      const state = advance(undefined, 't', JSON.stringify(submitted));
      for (const [example, outer, inner] of mutations) {
        const changed = 'message' in example ? { message: { ...message, ...inner } } : {};
        const event: unknown = { ...example, ...changed, ...outer };
        if (!isTaskEvent(event)) continue;
        applyEvent(state, event);
        sealEvent(JSON.stringify(event), { id: 'k', sealer: { seal: (text) => text, open: (text) => text } });
      }
      const view = toTaskStateView(state);
      createTaskDocument(state, retention);
      letterChanges(state, retention);
      lighten(state);
      findJsonDifferences(view.state, {});
    }),
    { numRuns: 500 },
  );
});
