import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSchemaFaults } from '../../agents/index.ts';
import { readOwnSubjects } from './own-subjects.ts';
import { toJsonSchema } from './to-json-schema.ts';

test('a field without a default is required, one with a default is not, and a union takes what one of its types takes', () => {
  const schema = toJsonSchema(readOwnSubjects()[0]?.schema ?? '');
  const record = (schema['$defs'] as Record<string, Record<string, unknown>>)['com.a2a.schema.TaskRequest'];
  assert.deepEqual(record?.['required'], ['task_id', 'requester_id', 'description', 'timestamp']);
  const properties = record?.['properties'] as Record<string, unknown>;
  assert.deepEqual(properties['proposed_cost'], { anyOf: [{ type: 'null' }, { type: 'number' }] });
});

test('a schema of every kind, one that contains itself included, becomes one that can be enforced', () => {
  const fields = [
    { name: 'next', type: ['null', 'T'], default: null },
    { name: 'tags', type: { type: 'map', values: 'long' } },
    { name: 'list', type: { type: 'array', items: { type: 'enum', name: 'E', symbols: ['A'] } } },
    { name: 'hash', type: { type: 'fixed', name: 'H', size: 2 } },
    { name: 'rest', type: ['boolean', 'int', 'float', 'bytes', 'string'] },
  ];
  const schema = toJsonSchema(JSON.stringify({ type: 'record', name: 'T', fields }));
  assert.deepEqual(findSchemaFaults(schema), []);
  assert.equal(schema['$ref'], '#/$defs/T');
});
