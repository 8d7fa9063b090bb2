import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { findApicurio, startApicurio } from '../../scripts/services/apicurio.ts';
import { freePorts } from '../../scripts/services/free-port.ts';
import { hasCode } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import {
  type CompatibilityLevel,
  compatibilityLevels,
  createEmbeddedRegistry,
  createHttpRegistry,
  type SchemaRegistry,
} from '../../src/log/schema/index.ts';
import { createMemoryStorage } from '../../src/log/schema/memory-storage.fixture.ts';
import { createRandom } from '../fuzz/random.ts';
import { requires } from '../support/requires.ts';
import { createVersions } from './random-schemas.ts';

const histories = 40;
/** Another one looks elsewhere. */
const seed = Number(process.env['PARLEY_TEST_SEED'] ?? 20_261_121);
const ours = createEmbeddedRegistry(createMemoryStorage());

/** Whether a subject whose versions are the first two takes the third at that level. */
async function takesThird(
  registry: SchemaRegistry,
  subject: string,
  [first, second, third]: readonly [string, string, string],
  level: CompatibilityLevel,
): Promise<boolean> {
  await registry.register(subject, first);
  await registry.setCompatibility('NONE', subject);
  await registry.register(subject, second);
  await registry.setCompatibility(level, subject);
  try {
    await registry.register(subject, third);
    return true;
  } catch (thrown) {
    if (!hasCode(thrown, 'SCHEMA_INCOMPATIBLE')) throw thrown;
    return false;
  }
}

test('at every level the node’s registry takes and refuses the same as another one, whatever the schemas', {
  ...requires('apicurio'),
  timeout: 180_000,
}, async () => {
  const [port = 0] = await freePorts(1);
  const server = await startApicurio(findApicurio() ?? '', port);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const theirs = createHttpRegistry({
    url,
    http: createHttpClient({ allow: { kind: 'origins', origins: [new URL(url).origin] } }),
  });
  const random = createRandom(seed);
  const counts = { taken: 0, refused: 0 };
  try {
    for (let number = 0; number < histories; number++) {
      const versions = createVersions(random);
      for (const level of compatibilityLevels) {
        const subject = `${number}-${level}`;
        const [own, other] = await Promise.all([
          takesThird(ours, subject, versions, level),
          takesThird(theirs, subject, versions, level),
        ]);
        assert.equal(own, other, `${level}\n${versions.join('\n')}`);
        counts[own ? 'taken' : 'refused'] += 1;
      }
    }
  } finally {
    const ended = once(server, 'close');
    server.kill('SIGKILL');
    await ended;
    await theirs.close();
  }
  assert.ok(counts.taken > histories && counts.refused > histories, JSON.stringify(counts));
});
