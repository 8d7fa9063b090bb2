import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { formatKafkaTarget, parseKafkaTarget } from './kafka-target.ts';

const targets: Readonly<Record<string, string>> = {
  'kafka://localhost': 'kafka://localhost:9092',
  'kafka://a:1,b,c:3': 'kafka://a:1,b:9092,c:3',
  'kafkas://u:s%40cret@k.example:9093/': 'kafkas://k.example:9093',
  'kafka://u:secret@[::1]:9092?compression=zstd': 'kafka://[::1]:9092',
};

for (const [url, expected] of Object.entries(targets)) {
  test(`${url} is ${expected}, without its secrets`, () => {
    assert.equal(formatKafkaTarget(parseKafkaTarget(url)), expected);
  });
}

test('user and password are read with their escapes, and log in by SCRAM unless another way is named', () => {
  const { login } = parseKafkaTarget('kafkas://u:s%40c:ret@k');
  assert.deepEqual(login, { mechanism: 'SCRAM-SHA-512', username: 'u', password: 's@c:ret' });
  assert.equal(parseKafkaTarget('kafkas://u:p@k?mechanism=plain').login?.mechanism, 'PLAIN');
});

test('compression and the authorities come from behind the "?"', () => {
  const { compression, caFile } = parseKafkaTarget('kafkas://k?compression=lz4&caFile=/etc/ca.pem');
  assert.deepEqual([compression, caFile], ['lz4', '/etc/ca.pem']);
});

for (const url of [
  '',
  'http://secret@a',
  'kafka://',
  'kafka://u:secret@a/topic',
  'kafka://u:secret@a:99999',
  'kafka://secret@a',
  'kafka://u:%zz-secret@a',
  'kafka://u:secret@a?mechanism=plain',
  'kafkas://u:secret@a?mechanism=secret',
  'kafka://a?compression=secret',
  'kafka://a?secret=1',
  'kafka://a?caFile=/secret',
]) {
  test(`"${url}" is refused, and its secrets are not repeated`, () => {
    assert.throws(
      () => parseKafkaTarget(url),
      (thrown) => hasCode(thrown, 'CONFIG_INVALID') && !thrown.message.includes('secret'),
    );
  });
}
