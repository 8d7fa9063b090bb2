import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tlsSchema } from './tls-config.ts';

const problemOf = (settings: object): string => tlsSchema.safeParse(settings).error?.issues[0]?.message ?? '';

test('without a certificate there is no TLS; with one there is all that it needs', () => {
  assert.equal(tlsSchema.parse({}).cert, undefined);
  const { clientCertificates, minVersion, grpc } = tlsSchema.parse({ cert: 'a', key: 'b' });
  assert.deepEqual([clientCertificates, minVersion, grpc], ['ask', 'TLSv1.2', true]);
});

test('settings that belong together are said when one is missing', () => {
  assert.match(problemOf({ cert: 'a' }), /tls\.cert and tls\.key belong together/);
  assert.match(problemOf({ key: 'a' }), /tls\.cert and tls\.key belong together/);
  assert.match(problemOf({ clientCa: 'a' }), /set tls\.cert and tls\.key/);
  assert.match(problemOf({ cert: 'a', key: 'b', clientCertificates: 'require' }), /set tls\.clientCa/);
});
