import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgramInput } from './program-input.ts';
import { toProgramEvents } from './program-output.ts';

const input = (...parts: Parameters<typeof createProgramInput>[1]): unknown =>
  JSON.parse(createProgramInput('sum', parts));
const ok = { code: 0, signal: null } as const;
const output = (stdout: string, exit: Parameters<typeof toProgramEvents>[0]['exit'] = ok): unknown =>
  toProgramEvents({ exit, stdout: Buffer.from(stdout), lastLines: ['Traceback', 'KeyError'] });
const completed = (part: unknown): unknown => [
  {
    kind: 'artifact',
    artifact: { artifactId: 'result', name: 'result', parts: [part] },
    append: false,
    lastChunk: true,
  },
  { kind: 'end', state: 'completed' },
];

test('a data part gives the arguments, and the action is always the skill', () => {
  assert.deepEqual(input({ data: { a: 1, action: 'other' } }), { a: 1, action: 'sum' });
});

test('text and files come under their names, the arguments win', () => {
  const file = { raw: Buffer.from('a,b'), filename: 'a.csv', mediaType: 'text/csv' };
  assert.deepEqual(input({ text: 'one' }, { text: 'two' }, file), {
    text: 'one\ntwo',
    files: [{ name: 'a.csv', type: 'text/csv', data: 'YSxi' }],
    action: 'sum',
  });
  assert.deepEqual(input({ text: 'one' }, { data: { text: 'mine' } }), { text: 'mine', action: 'sum' });
});

test('data that is no object goes to `data`', () => {
  assert.deepEqual(input({ data: [1, 2] }), { data: [1, 2], action: 'sum' });
});

test('an object on standard output is data, anything else text, nothing is nothing', () => {
  assert.deepEqual(output('{"a": 1}\n'), completed({ data: { a: 1 } }));
  assert.deepEqual(output('{not json'), completed({ text: '{not json' }));
  assert.deepEqual(output(''), [{ kind: 'end', state: 'completed' }]);
});

test('an error object, a code and a signal are failures with a reason', () => {
  const failed = (text: string): unknown => [{ kind: 'end', state: 'failed', parts: [{ text }] }];
  assert.deepEqual(output('{"status": "error", "message": "no rows"}', { code: 1, signal: null }), failed('no rows'));
  assert.deepEqual(
    output('{"a": 1}', { code: 2, signal: null }),
    failed('The program exited with code 2: Traceback\nKeyError'),
  );
  assert.deepEqual(
    output('', { code: null, signal: 'SIGKILL' }),
    failed('The program was ended by SIGKILL: Traceback\nKeyError'),
  );
});
