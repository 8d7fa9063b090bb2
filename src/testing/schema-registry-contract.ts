import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SchemaRegistry } from '../log/schema/index.ts';

/** A registry for one test, and how it ends. */
export interface SchemaRegistrySubject {
  readonly registry: SchemaRegistry;
  close(): Promise<void>;
}

export type OpenSchemaRegistry = () => Promise<SchemaRegistrySubject>;

const job = (...fields: readonly object[]): string => JSON.stringify({ type: 'record', name: 'Job', fields });
const id = { name: 'id', type: 'string' };
const first = job(id);
const second = job(id, { name: 'note', type: 'string', default: '' });
const breaking = job(id, { name: 'who', type: 'string' });

/** Registers the tests of what the port of schema registries guarantees; `open` makes one without the subjects `contract-…`. */
export function schemaRegistryContract(name: string, open: OpenSchemaRegistry): void {
  const registryTest = (what: string, run: (registry: SchemaRegistry) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const { registry, close } = await open();
      try {
        await run(registry);
      } finally {
        await close();
      }
    });
  };

  registryTest('a schema gets an id, keeps it, and is found by it', async (registry) => {
    const subject = 'contract-ids';
    const given = await registry.register(subject, first);
    assert.equal(await registry.register(subject, first), given);
    assert.deepEqual(JSON.parse(await registry.getById(given)), JSON.parse(first));
    assert.equal((await registry.lookup(subject, first))?.version, 1);
    assert.equal(await registry.lookup(subject, second), undefined);
    assert.equal(await registry.lookup('contract-nobody', first), undefined);
  });

  registryTest('versions are numbered, and the newest is found as such', async (registry) => {
    const subject = 'contract-versions';
    const ids = [await registry.register(subject, first), await registry.register(subject, second)];
    assert.deepEqual(await registry.listVersions(subject), [1, 2]);
    assert.ok((await registry.listSubjects()).includes(subject));
    const [one, newest] = [await registry.getVersion(subject, 1), await registry.getVersion(subject, 'latest')];
    assert.deepEqual([one.id, newest.id, newest.version, newest.subject], [...ids, 2, subject]);
  });

  registryTest('a schema that breaks the level of its subject is refused, and nothing is changed', async (registry) => {
    const subject = 'contract-levels';
    await registry.register(subject, first);
    await registry.setCompatibility('FULL_TRANSITIVE', subject);
    assert.equal(await registry.getCompatibility(subject), 'FULL_TRANSITIVE');
    assert.equal((await registry.check(subject, breaking)).compatible, false);
    assert.equal((await registry.check(subject, second)).compatible, true);
    await assert.rejects(registry.register(subject, breaking), { code: 'SCHEMA_INCOMPATIBLE' });
    assert.deepEqual(await registry.listVersions(subject), [1]);
  });

  registryTest('a subject that does not exist takes every schema', async (registry) => {
    assert.equal((await registry.check('contract-nobody', first)).compatible, true);
  });

  registryTest('what is not there is NOT_FOUND, and what is no schema SCHEMA_INVALID', async (registry) => {
    await registry.register('contract-errors', first);
    await assert.rejects(registry.getById(2 ** 30), { code: 'NOT_FOUND' });
    await assert.rejects(registry.getVersion('contract-nobody', 'latest'), { code: 'NOT_FOUND' });
    await assert.rejects(registry.getVersion('contract-errors', 9), { code: 'NOT_FOUND' });
    await assert.rejects(registry.listVersions('contract-nobody'), { code: 'NOT_FOUND' });
    await assert.rejects(registry.register('contract-errors', '{"type":"recor"}'), { code: 'SCHEMA_INVALID' });
  });
}
