import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../base/index.ts';
import type { RemoteAgentSettings } from '../registry/index.ts';
import { createManualClock } from '../testing/index.ts';
import { createAgentsFile, readAgentsFile } from './agents-file.ts';

function createFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-agents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'agents.yaml');
  writeFileSync(path, text);
  return path;
}

const full = `
agents:
  - id: far
    url: https://far.example/a2a/analyst
    agent: analyst
    tags: [finance]
    weight: 3
    zone: north
    credentials: { env: FAR_TOKEN }
  - id: keyed
    url: https://keyed.example
    credentials: { env: KEYED, header: X-API-Key }
`;

test('keys that cannot be read make the file invalid', (t) => {
  const path = createFile(t, 'agents: [{ id: far, url: "https://far.example", keys: keys.json }]');
  const code = 'CONFIG_INVALID';
  assert.throws(() => readAgentsFile(path, {}), { code, message: /keys\.json/ });
  for (const text of ['no json', '{}', '{"keys":[{"kty":"EC"}]}']) {
    writeFileSync(join(dirname(path), 'keys.json'), text);
    assert.throws(() => readAgentsFile(path, {}), { code, message: /keys\.json/ }, text);
  }
  writeFileSync(join(dirname(path), 'keys.json'), '{"keys":[{"kty":"EC","kid":"k"}]}');
  assert.deepEqual(readAgentsFile(path, {})[0]?.keys, [{ kty: 'EC', kid: 'k' }]);
});

test('the file names agents, and the environment their credentials', (t) => {
  const path = createFile(t, full);
  const [far, keyed] = readAgentsFile(path, { FAR_TOKEN: 'secret' });
  assert.deepEqual(far, {
    ...{
      id: 'far',
      url: 'https://far.example/a2a/analyst',
      agent: 'analyst',
      tags: ['finance'],
      weight: 3,
      zone: 'north',
    },
    headers: { authorization: 'Bearer secret' },
  });
  assert.equal(keyed?.problem, 'the environment variable KEYED is not set');
  assert.deepEqual(readAgentsFile(path, { FAR_TOKEN: 'x', KEYED: 'k' })[1]?.headers, { 'x-api-key': 'k' });
});

test('a file that is not valid says where', (t) => {
  for (const [text, problem] of [
    ['agents: [{ id: a }]', /url/],
    ['agents: [{ id: a, url: "file:///etc/passwd" }]', /url/],
    ['agents: [{ id: a, url: "https://a.example", secret: x }]', /secret/],
    ['agents: [{ id: a, url: "https://a.example" }, { id: a, url: "https://b.example" }]', /twice/],
    ['agents: [', /agents\.yaml/],
  ] as const) {
    const path = createFile(t, text);
    assert.throws(() => readAgentsFile(path, {}), { code: 'CONFIG_INVALID', message: problem });
  }
});

test('a change counts within a second, and one that is not valid changes nothing', async (t) => {
  const path = createFile(t, full);
  const clock = createManualClock();
  const seen: string[] = [];
  const agents = {
    set: (_source: string, list: readonly RemoteAgentSettings[]) => void seen.push(list.map(({ id }) => id).join()),
  };
  const file = createAgentsFile({ path, agents, environment: {}, clock, logger: silentLogger });
  await file.start();
  await clock.advance(5_000);
  assert.deepEqual(seen, ['far,keyed']);
  writeFileSync(path, 'agents: nonsense');
  await clock.advance(1_000);
  writeFileSync(path, 'agents: [{ id: other, url: "https://other.example" }]');
  await clock.advance(1_000);
  assert.deepEqual(seen, ['far,keyed', 'other']);
  await file.stop(AbortSignal.timeout(1));
  assert.equal(clock.pending, 0);
});
