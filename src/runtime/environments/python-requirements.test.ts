import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { normalizeRequirements } from './python-requirements.ts';

const asked = { packageId: 'a@1.0.0', dependencies: [], allowBuild: false };

function normalize(text: string, change: Partial<typeof asked> = {}): readonly string[] {
  return normalizeRequirements({ ...asked, ...change, text });
}

test('the same requirements in another order, with comments and repetitions, are the same', () => {
  const one = normalize('# what it needs\nb==1.0\n\na >= 2 # why\r\nb==1.0\n');
  assert.deepEqual(one, ['a >= 2', 'b==1.0']);
  assert.deepEqual(normalize('a >= 2\n', { dependencies: ['b==1.0'] as never }), one);
});

test('names with extras, versions, markers and hashes, and addresses of wheels, are taken', () => {
  const lines = [
    'a',
    'a.b-c_d[x,y]>=1.0,<2',
    'a~=1.4; python_version < "3.12"',
    'a==1.0 --hash=sha256:0123456789abcdef',
    'a @ https://files.example.com/a-1.0-py3-none-any.whl#sha256=00',
  ];
  for (const line of lines) assert.deepEqual(normalize(line), [line]);
});

test('a line for which pip would build, or look somewhere else, is refused by name', () => {
  const lines = [
    '-e .',
    '-r other.txt',
    './folder',
    '/tmp/a.tar.gz',
    'git+https://example.com/a.git',
    'a @ git+https://example.com/a.git',
    'a @ https://example.com/a-1.0.tar.gz',
    '--index-url https://example.com',
    'a --index-url=https://example.com',
    'a==1.0 --no-binary=:all:',
    'a; python_version < "3" --no-binary a',
  ];
  for (const line of lines) {
    assert.throws(
      () => normalize(line),
      (thrown) => hasCode(thrown, 'ENVIRONMENT_FAILED') && thrown.message.includes('allowBuild'),
      line,
    );
    assert.deepEqual(normalize(line, { allowBuild: true }), [line]);
  }
});

test('the credential in a refused address is not shown', () => {
  assert.throws(
    () => normalize('git+https://user:secret@example.com/a.git'),
    (thrown) => hasCode(thrown, 'ENVIRONMENT_FAILED') && !thrown.message.includes('secret'),
  );
});
