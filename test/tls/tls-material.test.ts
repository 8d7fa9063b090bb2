import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Logger, silentLogger } from '../../src/base/index.ts';
import { openTlsSource } from '../../src/security/index.ts';
import { readTlsMaterial, type TlsFiles, type TlsMaterial } from '../../src/security/tls/tls-material.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { createTestAuthority } from '../support/certificates.ts';
import { waitUntil } from '../support/wait-until.ts';

const authority = createTestAuthority();
const own = authority.issue({ commonName: 'node' });
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-tls-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text, { mode });
  await chmod(file, mode);
  return file;
}

async function writeAll(change: Partial<Record<'cert' | 'key' | 'clientCa', string>> = {}): Promise<TlsFiles> {
  return {
    cert: await write('cert.pem', change.cert ?? own.cert),
    key: await write('key.pem', change.key ?? own.key),
    clientCa: await write('ca.pem', change.clientCa ?? authority.cert),
  };
}

const now = Date.now();

test('files that fit together are read, with the end of the certificate', async () => {
  const material = await readTlsMaterial(await writeAll(), now);
  assert.deepEqual([material.cert, material.key, material.clientCa], [own.cert, own.key, authority.cert]);
  assert.ok(material.expiresAtMs > now);
});

test('what is wrong with a file is said by its setting and its name, and nothing of a key is shown', async () => {
  const other = authority.issue({ commonName: 'other' });
  const broken = own.cert.replace(/\n[^\n]{20}/, `\n${'A'.repeat(20)}`);
  const secret = own.key.split('\n')[1] ?? '';
  const cases: readonly [TlsFiles, RegExp][] = [
    [
      { ...(await writeAll()), cert: join(folder, 'none.pem') },
      /tls\.cert names .*none\.pem, and there is no such file/,
    ],
    [{ ...(await writeAll()), key: join(folder, 'none.pem') }, /tls\.key names .*none\.pem/],
    [{ ...(await writeAll()), cert: await write('a', own.key) }, /tls\.cert .* holds no certificate in PEM form/],
    [{ ...(await writeAll()), cert: await write('b', broken) }, /tls\.cert .* cannot be read/],
    [{ ...(await writeAll()), clientCa: await write('c', 'x') }, /tls\.clientCa .* holds no certificate/],
    [{ ...(await writeAll()), key: await write('d', own.cert) }, /tls\.key .* holds no private key/],
    [{ ...(await writeAll()), key: await write('e', `ENCRYPTED${secret}`) }, /tls\.key .* is encrypted/],
    [{ ...(await writeAll()), key: await write('f', `${secret}`) }, /tls\.key .* holds no private key/],
    [{ ...(await writeAll()), key: await write('g', other.key) }, /tls\.key .* is not the key of the certificate/],
    [{ ...(await writeAll()), key: await write('h', own.key, 0o644) }, /tls\.key .* has mode 0644.*chmod 600/],
  ];
  for (const [files, message] of cases) {
    await assert.rejects(readTlsMaterial(files, now), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'CONFIG_INVALID');
      assert.match(thrown.message, message);
      assert.ok(!`${thrown.message} ${String(thrown.cause)}`.includes(secret));
      return true;
    });
  }
});

test('a certificate that has ended, or does not count yet, is refused', async () => {
  const old = authority.issue({ commonName: 'old', expiresAtMs: now - 1_000 });
  await assert.rejects(readTlsMaterial(await writeAll(old), now), /ended on/);
  await assert.rejects(readTlsMaterial(await writeAll(), now - 72 * 3_600_000), /counts from/);
});

test('files that changed are read again; while they do not fit together, the old ones go on', async () => {
  const clock = createManualClock(now);
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
  const source = await openTlsSource({ files: await writeAll(), checkMs: 1_000, clock, logger });
  const seen: TlsMaterial[] = [];
  source.follow((material) => seen.push(material));
  await source.start();
  const next = authority.issue({ commonName: 'next' });
  await write('cert.pem', next.cert);
  await clock.advance(1_000);
  await waitUntil('the mismatch is noticed', () => warnings.length === 1);
  assert.deepEqual([source.current.cert, seen.length], [own.cert, 0]);
  await write('key.pem', next.key);
  await waitUntil('the new pair is in use', async () => {
    await clock.advance(1_000);
    return seen.length === 1;
  });
  assert.equal(source.current.cert, next.cert);
  await source.stop(AbortSignal.timeout(1_000));
  assert.equal(warnings.length, 1);
});
