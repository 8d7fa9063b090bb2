import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { schemaRegistryContract } from '../../testing/index.ts';
import { createEmbeddedRegistry } from './embedded-registry.ts';
import { createMemoryStorage } from './memory-storage.fixture.ts';
import { ensureOwnSubjects, readOwnSubjects } from './own-subjects.ts';

schemaRegistryContract('embedded', async () => {
  const registry = createEmbeddedRegistry(createMemoryStorage());
  return { registry, close: () => registry.close() };
});

const schemaOf = (name: string): string => JSON.stringify({ type: 'fixed', name, size: 1 });

test('registries on one storage see one another and never give one id to two schemas', async () => {
  const storage = createMemoryStorage();
  const nodes = [createEmbeddedRegistry(storage), createEmbeddedRegistry(storage), createEmbeddedRegistry(storage)];
  const work = Array.from({ length: 30 }, (_, index) => nodes[index % 3]?.register(`s${index}`, schemaOf(`F${index}`)));
  const ids = await Promise.all(work);
  assert.equal(new Set(ids).size, 30);
  for (const node of nodes) assert.equal((await node.listSubjects()).length, 30);
  assert.equal(await nodes[2]?.getById(ids[0] ?? 0), schemaOf('F0'));
});

test('a registry that comes up again has what it had, ids and levels included', async () => {
  const storage = createMemoryStorage();
  const first = createEmbeddedRegistry(storage);
  await ensureOwnSubjects(first, readOwnSubjects());
  const again = createEmbeddedRegistry(storage);
  assert.deepEqual(await again.listSubjects(), await first.listSubjects());
  const levels = await Promise.all((await again.listSubjects()).map((subject) => again.getCompatibility(subject)));
  assert.deepEqual(levels, ['FORWARD', 'BACKWARD', 'FULL']);
  assert.equal(await again.register('new', schemaOf('N')), 4);
});

test('one schema under two subjects has one id, and space or the order of keys makes no other schema', async () => {
  const registry = createEmbeddedRegistry(createMemoryStorage());
  const id = await registry.register('a', '{"type":"fixed","name":"F","size":1}');
  assert.equal(await registry.register('b', '{ "size": 1, "name": "F",\n "type": "fixed" }'), id);
  assert.deepEqual((await registry.lookup('b', '{"name":"F","type":"fixed","size":1}'))?.version, 1);
});

test('what an operator has set of our own subjects stays as it is', async () => {
  const registry = createEmbeddedRegistry(createMemoryStorage());
  await ensureOwnSubjects(registry, readOwnSubjects());
  await registry.setCompatibility('NONE', 'negotiations-value');
  await ensureOwnSubjects(registry, readOwnSubjects());
  assert.equal(await registry.getCompatibility('negotiations-value'), 'NONE');
});

test('a storage that fails leaves nothing behind that was not kept', async () => {
  const storage = createMemoryStorage();
  let isFull = true;
  const append: typeof storage.append = async (after, records) => {
    if (isFull) throw new ParleyError('STORE_FULL', 'The disk is full.');
    return storage.append(after, records);
  };
  const registry = createEmbeddedRegistry({ ...storage, append });
  await assert.rejects(registry.register('a', schemaOf('A')), { code: 'STORE_FULL' });
  assert.deepEqual(await registry.listSubjects(), []);
  isFull = false;
  assert.equal(await registry.register('a', schemaOf('A')), 1);
});
