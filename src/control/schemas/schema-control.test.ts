import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { createEmbeddedRegistry, type EmbeddedRegistry, type SchemaRegistry } from '../../log/schema/index.ts';
import { createSchemaControl } from './schema-control.ts';

function createRegistry(): EmbeddedRegistry {
  const stored: string[] = [];
  return createEmbeddedRegistry({
    read: async (after) => stored.slice(after),
    append: async (_after, added) => void stored.push(...added),
  });
}

const job = (...names: readonly string[]): string =>
  JSON.stringify({ type: 'record', name: 'Job', fields: names.map((name) => ({ name, type: 'string' })) });

test('a schema is judged by the level that comes with it, and the level stays when the schema is refused', async () => {
  const registry = createRegistry();
  const control = createSchemaControl(async () => registry);
  await control.register('jobs-value', job('id'), 'FULL');
  await assert.rejects(control.register('jobs-value', '{"type":"recor"}', 'NONE'), { code: 'SCHEMA_INVALID' });
  await assert.rejects(control.register('jobs-value', job('id', 'more'), 'BACKWARD'), { code: 'SCHEMA_INCOMPATIBLE' });
  assert.equal(await registry.getCompatibility('jobs-value'), 'FULL');
  const { version, compatibility } = await control.register('jobs-value', job('id', 'more'), 'FORWARD');
  assert.deepEqual([version, compatibility], [2, 'FORWARD']);
});

test('a subject gets its level also where a registry knows it with its first version only', async () => {
  const own = createRegistry();
  const registry: SchemaRegistry = {
    ...own,
    async setCompatibility(level, subject) {
      const known = await own.listSubjects();
      if (subject !== undefined && !known.includes(subject)) throw new ParleyError('NOT_FOUND', 'No such subject.');
      await own.setCompatibility(level, subject);
    },
  };
  const { compatibility } = await createSchemaControl(async () => registry).register('new-value', job('id'), 'FULL');
  assert.equal(compatibility, 'FULL');
});
