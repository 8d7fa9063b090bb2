import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createCertificateIdentity, readCallerCertificate } from '../../src/security/index.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { createTestAuthority } from '../support/certificates.ts';

const authority = createTestAuthority();
const read = (options: Parameters<typeof authority.issue>[0]): ReturnType<typeof readCallerCertificate> =>
  readCallerCertificate(new X509Certificate(authority.issue(options).cert));

test('the names of a certificate are read one by one; a comma inside of one makes no second', () => {
  const { names } = read({ commonName: 'ada', dns: ['ada.example'], uris: ['spiffe://x/ada, DNS:root, URI:y'] });
  assert.deepEqual(names, { cn: 'ada', dns: 'ada.example', uri: 'spiffe://x/ada, DNS:root, URI:y' });
});

test('a common name that looks like a line of the subject is one name', () => {
  assert.notEqual(read({ commonName: 'ada\nCN=root' }).names.cn, 'root');
});

test('the bearer is whom the chosen field names, with the roles of the rules for it and for everybody', () => {
  const clock = createManualClock(Date.now());
  const rules = [
    { subjects: ['*'], roles: ['everybody'] },
    { subjects: ['ada', 'bo'], roles: ['finance', 'everybody'] },
  ];
  const identity = createCertificateIdentity({ subject: 'cn', rules }, clock);
  assert.deepEqual(identity.identify(read({ commonName: 'ada' })), { subject: 'ada', roles: ['everybody', 'finance'] });
  assert.deepEqual(identity.identify(read({ commonName: 'eve' })), { subject: 'eve', roles: ['everybody'] });
  const byUri = createCertificateIdentity({ subject: 'uri', rules: [] }, clock);
  assert.equal(byUri.identify(read({ commonName: 'ada' })), undefined);
});

test('a certificate counts until it ends, also on a connection that was opened before', async () => {
  const clock = createManualClock(Date.now());
  const identity = createCertificateIdentity({ subject: 'cn', rules: [] }, clock);
  const certificate = read({ commonName: 'ada', expiresAtMs: clock.now() + 60_000 });
  assert.equal(identity.identify(certificate)?.subject, 'ada');
  await clock.advance(60_000);
  assert.equal(identity.identify(certificate), undefined);
});
