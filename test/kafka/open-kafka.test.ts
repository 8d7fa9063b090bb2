import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createShortId, hasCode } from '../../src/base/index.ts';
import { openKafka } from '../../src/drivers/kafka/index.ts';
import { createTestAuthority } from '../support/certificates.ts';
import { sharedKafka, startKafka } from '../support/kafka-server.ts';
import { requires } from '../support/requires.ts';

const needed = requires('kafka');
const password = 's3cret-of-alice';

/** A broker behind TLS where alice logs in by SCRAM; the file vouches for its certificate. */
async function startSecured(t: TestContext): Promise<{ readonly address: string; readonly caFile: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-kafka-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const authority = createTestAuthority();
  const { cert, key } = authority.issue({ commonName: 'localhost' });
  const [caFile, keyStore] = [join(folder, 'ca.pem'), join(folder, 'server.pem')];
  writeFileSync(caFile, authority.cert);
  writeFileSync(keyStore, key + cert);
  const settings = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': keyStore };
  const { port } = await startKafka(t, { protocol: 'SASL_SSL', users: { alice: password }, settings });
  return { address: `localhost:${port}`, caFile };
}

test('TLS and SCRAM let in who knows the password, and nobody else; no error repeats it', needed, async (t) => {
  const { address, caFile } = await startSecured(t);
  const client = await openKafka({ url: `kafkas://alice:${password}@${address}?caFile=${caFile}` });
  await client.admin.createTopic({ name: 'secured', partitions: 1, settings: {} });
  await client.produce('secured', [{ partition: 0, value: Buffer.from('1') }]);
  assert.equal((await client.fetch({ topic: 'secured', partition: 0, offset: 0 })).records.length, 1);
  assert.ok(!client.target.includes('alice'));
  await client.close();
  for (const url of [
    `kafkas://alice:wrong-${password}@${address}?caFile=${caFile}`,
    `kafkas://alice:${password}@${address}`,
    `kafka://alice:${password}@${address}`,
  ]) {
    await assert.rejects(openKafka({ url, requestTimeoutMs: 2_000 }), (thrown) => {
      assert.ok(thrown instanceof Error && hasCode(thrown, 'CONFIG_INVALID'), String(thrown));
      assert.ok(!thrown.message.includes(password), thrown.message);
      return true;
    });
  }
});

test('a broker that is not there is said within seconds', needed, async () => {
  const startMs = Date.now();
  await assert.rejects(openKafka({ url: 'kafka://127.0.0.1:1' }), (thrown) => hasCode(thrown, 'UNAVAILABLE'));
  assert.ok(Date.now() - startMs < 10_000);
});

test('records that were compressed in any way are read back', needed, async (t) => {
  const url = await sharedKafka(t);
  const value = Buffer.from('the same again and again '.repeat(40));
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const client = await openKafka({ url: `${url}?compression=${compression}` });
    const name = `compressed-${createShortId()}`;
    await client.admin.createTopic({ name, partitions: 1, settings: {} });
    await client.produce(name, [{ partition: 0, value, headers: { a: 'b' } }]);
    const { records } = await client.fetch({ topic: name, partition: 0, offset: 0 });
    assert.deepEqual([Buffer.from(records[0]?.value ?? []), records[0]?.headers], [value, { a: 'b' }], compression);
    await client.close();
  }
});

test('a batch beyond what a broker takes at once is written in order, in several', needed, async (t) => {
  const client = await openKafka({ url: await sharedKafka(t) });
  const name = `large-${createShortId()}`;
  await client.admin.createTopic({ name, partitions: 2, settings: {} });
  const value = Buffer.alloc(50_000);
  const records = Array.from({ length: 100 }, (_, index) => ({ partition: index % 2, value, key: String(index) }));
  const places = await client.produce(name, records);
  assert.deepEqual(
    places.map(({ partition, offset }) => [partition, offset]),
    records.map((_, index) => [index % 2, Math.floor(index / 2)]),
  );
  await client.close();
});
