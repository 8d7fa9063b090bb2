import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { formatRedisTarget, parseRedisTarget } from './redis-target.ts';

const targets: Readonly<Record<string, string>> = {
  'redis://localhost': 'redis://localhost:6379/0',
  'rediss://u:s%40cret@r.example:6380/2': 'rediss://r.example:6380/2',
  'redis://:secret@[::1]:7000': 'redis://[::1]:7000/0',
  'redis://a:1,b:2,c': 'redis+cluster://a:1,b:2,c:6379',
  'rediss+cluster://u:secret@a:1': 'rediss+cluster://a:1',
  'redis+sentinel://:secret@a,b:26380/main/3': 'redis+sentinel://a:26379,b:26380/main/3',
};

for (const [url, expected] of Object.entries(targets)) {
  test(`${url} is ${expected}, without its secrets`, () => {
    assert.equal(formatRedisTarget(parseRedisTarget(url)), expected);
  });
}

test('user and password are read with their escapes', () => {
  const { username, password } = parseRedisTarget('rediss://u:s%40c:ret@r');
  assert.deepEqual([username, password], ['u', 's@c:ret']);
  assert.deepEqual(parseRedisTarget('redis://:p@r').username, undefined);
});

for (const url of [
  '',
  'http://secret@a',
  'redis://',
  'redis://secret@a/x',
  'redis://secret@a:99999',
  'redis+sentinel://secret@a',
  'redis+cluster://secret@a,b/1',
  'redis://%zz:secret@a',
]) {
  test(`"${url}" is refused, and its secrets are not repeated`, () => {
    assert.throws(
      () => parseRedisTarget(url),
      (thrown) =>
        thrown instanceof ParleyError && thrown.code === 'CONFIG_INVALID' && !thrown.message.includes('secret'),
    );
  });
}
