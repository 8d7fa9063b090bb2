import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createArtifactFolder } from './artifact-folder.ts';

test('files stay inside the folder whatever the agent calls them, and replace nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-out-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a.csv'), 'mine');
  const { save } = createArtifactFolder(folder);
  const raw = Buffer.from('theirs');
  for (const filename of [
    'a.csv',
    '../../etc/passwd',
    '..\\win.ini',
    '/abs/x',
    '.bashrc',
    '..',
    '',
    'a\u0000b\u001b[31m',
  ]) {
    assert.equal(dirname(await save({ raw, filename }, 'file')), folder, filename);
  }
  await save({ raw, mediaType: 'image/svg+xml' }, 'chart');
  assert.equal(await readFile(join(folder, 'a.csv'), 'utf8'), 'mine');
  assert.deepEqual((await readdir(folder)).sort(), [
    '_',
    '_bashrc',
    'a-1.csv',
    'a.csv',
    'a_b__31m',
    'chart.svg',
    'file',
    'passwd',
    'win.ini',
    'x',
  ]);
});

test('chunks of one file become one file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-out-'));
  t.after(() => rm(folder, { recursive: true }));
  const { save, extend } = createArtifactFolder(join(folder, 'new'));
  const path = await save({ raw: Buffer.from('one '), filename: 'a.txt' }, 'file');
  await extend(path, { raw: Buffer.from('two'), filename: 'a.txt' });
  assert.equal(await readFile(path, 'utf8'), 'one two');
});
