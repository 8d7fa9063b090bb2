import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../port.ts';
import type { SkillRecord } from '../record.ts';
import { argumentsOf } from './arguments-of.ts';
import { checkArguments } from './check-call.ts';
import { withCheckedResult } from './with-checked-result.ts';

function createSkill(schemas: { readonly inputSchema?: JsonObject; readonly outputSchema?: JsonObject }): SkillRecord {
  return {
    id: 'go',
    name: 'go',
    description: '',
    tags: [],
    idempotent: false,
    private: false,
    timeouts: {},
    ...schemas,
  };
}

test('the arguments are what a handler gets: data, text, and files without their bytes', () => {
  const file: Part = { raw: new Uint8Array(3), filename: 'a.csv', mediaType: 'text/csv' };
  const cases: readonly [readonly Part[], unknown][] = [
    [[{ text: 'hi' }], { text: 'hi' }],
    [[{ text: 'hi' }, { text: 'ho' }], { text: 'hi\nho' }],
    [[{ text: 'hi' }, { data: { text: 'own', a: 1 } }], { text: 'own', a: 1 }],
    [[{ text: 'hi' }, { data: { text: null } }], { text: 'hi' }],
    [[{ data: { a: 1, b: 1 } }, { data: { b: 2 } }], { a: 1, b: 2 }],
    [[{ data: [1] }], { data: [1] }],
    [[{ data: { a: 1 } }, { data: 3 }], { data: 3 }],
    [[{ data: { action: 'go', a: 1 } }], { a: 1 }],
    [[{ data: { action: 'other' } }], { action: 'other' }],
    [[{ data: { a: 1 } }, file], { a: 1, files: [{ name: 'a.csv', type: 'text/csv' }] }],
    [[{ url: 'https://example.com/a' }], { files: [{ url: 'https://example.com/a' }] }],
    [[], {}],
  ];
  for (const [parts, wanted] of cases) assert.deepEqual(argumentsOf(parts, 'go'), wanted);
});

test('a name from prototypes in the input is a name like any other', () => {
  const skill = createSkill({ inputSchema: { additionalProperties: false, properties: { a: {} } } });
  const hostile = JSON.parse('{"__proto__": {"a": 1}}') as JsonObject;
  assert.throws(() => checkArguments(skill, [{ data: hostile }]), {
    code: 'INVALID_PARAMS',
    message: 'Skill go does not take this input: /__proto__ is not known; known here: a.',
  });
});

test('input that cannot be checked in bounded time is refused as too large', () => {
  const skill = createSkill({ inputSchema: { properties: { text: { pattern: '^(a|b)+$' } } } });
  assert.throws(() => checkArguments(skill, [{ text: 'ab'.repeat(1_000_000) }]), { code: 'PAYLOAD_TOO_LARGE' });
});

const end: ExecutionEvent = { kind: 'end', state: 'completed' };

function artifact(artifactId: string, parts: readonly Part[]): ExecutionEvent {
  return { kind: 'artifact', artifact: { artifactId, parts }, append: false, lastChunk: true };
}

/** The kinds of the events that come through. */
async function run(outputSchema: JsonObject, events: readonly ExecutionEvent[]): Promise<readonly string[]> {
  const executor: AgentExecutor = {
    async *execute() {
      yield* events;
    },
  };
  const seen: string[] = [];
  const checked = withCheckedResult(executor, createSkill({ outputSchema }));
  for await (const event of checked.execute({} as Invocation)) seen.push(event.kind);
  return seen;
}

test('a result or a reply that does not fit ends the call, whatever came before it', async () => {
  const schema = { type: 'object', required: ['n'] };
  const refusal = {
    code: 'OUTPUT_INVALID',
    details: { skill: 'go', violations: [{ field: '/n', description: 'is missing' }] },
  };
  await assert.rejects(run(schema, [{ kind: 'status', text: 'x' }, artifact('result', [{ data: {} }]), end]), refusal);
  await assert.rejects(run(schema, [{ kind: 'reply', parts: [{ data: {} }] }]), refusal);
  await assert.rejects(run(schema, [artifact('result', [{ text: 'words' }]), end]), /the result must be an object/);
  const huge = artifact('result', [{ data: 'ab'.repeat(1_000_000) }]);
  await assert.rejects(run({ pattern: '^(a|b)+$' }, [huge]), { code: 'OUTPUT_INVALID' });
});

test('what fits passes, and so do files, other artifacts, chunks and calls without a result', async () => {
  const schema = { type: 'object', required: ['n'] };
  assert.deepEqual(await run(schema, [artifact('result', [{ data: { n: 1 } }]), end]), ['artifact', 'end']);
  assert.deepEqual(await run(schema, [artifact('report', [{ text: 'words' }]), end]), ['artifact', 'end']);
  assert.deepEqual(await run(schema, [artifact('result', [{ raw: new Uint8Array(1) }]), end]), ['artifact', 'end']);
  assert.deepEqual(await run({ type: 'string' }, [artifact('result', [{ text: 'words' }]), end]), ['artifact', 'end']);
  assert.deepEqual(await run(schema, [{ kind: 'end', state: 'failed', parts: [{ text: 'no' }] }]), ['end']);
});

test('a skill without a schema keeps its executor as it is', () => {
  const executor: AgentExecutor = { execute: async function* () {} };
  assert.equal(withCheckedResult(executor, createSkill({})), executor);
});
