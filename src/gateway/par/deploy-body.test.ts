import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployBodySchema } from './deploy-body.ts';

const known = { deploymentId: 'd-1', agentAppId: 'app', orgId: 'org', version: '1.0.0' };

function read(more: Readonly<Record<string, unknown>>): ReturnType<typeof deployBodySchema.safeParse> {
  return deployBodySchema.safeParse({ ...known, ...more });
}

test('each form of a package reference means one place', () => {
  const url = 'https://x.example/p-1.apkg?sig=1';
  const object = { bucket: 'b', key: 'a/k 1.apkg' };
  const places: readonly [unknown, unknown][] = [
    [url, { kind: 'url', url }],
    [{ packageUrl: url }, { kind: 'url', url }],
    [
      { ...object, signedUrl: url },
      { kind: 'url', url },
    ],
    [object, object],
    [{ ...object, signedUrl: null }, object],
    ['s3://b/a/k%201.apkg', object],
    ['file:///data/p.apkg', { kind: 'file', path: '/data/p.apkg' }],
  ];
  for (const [packageUrl, expected] of places) assert.deepEqual(read({ packageUrl }).data?.source, expected);
});

test('what is no reference is refused, whatever it is', () => {
  const wrong = [
    'ftp://x/y',
    'p.apkg',
    's3://b',
    's3:///k',
    's3://b/%zz',
    'file://host/p',
    'file:///a%2fb',
    {},
    { bucket: 'b' },
    7,
  ];
  for (const packageUrl of wrong) assert.equal(read({ packageUrl }).success, false, JSON.stringify(packageUrl));
});

test('limits are those that are given, and nothing is made up', () => {
  const packageUrl = 'https://x.example/p.apkg';
  const given = read({ packageUrl, memoryMB: 512, cpuUnits: 256 }).data?.request;
  assert.deepEqual(given?.limits, { memoryBytes: 536_870_912, cpus: 0.25 });
  const { request, webhook, refresh } =
    read({ packageUrl, memoryMB: null, surfaces: { mode: 'multiplex' } }).data ?? {};
  assert.deepEqual(request, { deploymentId: 'd-1', agentId: 'app', organization: 'org', limits: {} });
  assert.deepEqual([webhook, refresh], [undefined, false]);
  assert.equal(read({ packageUrl, surfaces: { mode: 'both' } }).success, false);
});
