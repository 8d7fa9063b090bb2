import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { projectFolder } from '../support/project.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';

const files: Readonly<Record<string, string>> = {
  'agent.yaml': 'name: same\nversion: 1.0.0\ncommand: [./bin/run.sh]\nexports: [{name: go}]\n',
  'bin/run.sh': '#!/bin/sh\necho done\n',
  'lib/b.txt': 'b'.repeat(20_000),
  'lib/a.txt': 'a'.repeat(20_000),
  'lib/ä.txt': 'text',
  '.apkgignore': 'notes/\n',
};

interface Circumstances {
  readonly names: readonly string[];
  readonly modifiedAt: Date;
  readonly fileMode: number;
  readonly umask: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Files that do not belong to the package. */
  readonly beside: readonly string[];
}

/** Writes the package as told and packs it; its bytes. */
async function pack(t: TestContext, circumstances: Circumstances): Promise<Buffer> {
  const { names, modifiedAt, fileMode, umask, environment, beside } = circumstances;
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  for (const name of [...names, ...beside]) {
    const path = join(folder, 'package', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, files[name] ?? 'not part of it');
    await chmod(path, name.endsWith('.sh') ? fileMode | 0o100 : fileMode);
    await utimes(path, modifiedAt, modifiedAt);
  }
  const program = join(projectFolder, 'bin', 'parley.js');
  const command = [process.execPath, program, 'pack', join(folder, 'package'), '--out', join(folder, 'same.apkg')];
  const env = { ...process.env, ...environment };
  const packed = spawnSync('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...command], { env, encoding: 'utf8' });
  assert.equal(packed.status, 0, packed.stderr);
  return readFile(join(folder, 'same.apkg'));
}

test('the same content packs to the same bytes, whenever, by whom, in whatever order it was written', async (t) => {
  const first = await pack(t, {
    names: Object.keys(files),
    modifiedAt: new Date('2001-02-03T04:05:06Z'),
    fileMode: 0o644,
    umask: '022',
    environment: { TZ: 'UTC', LANG: 'C' },
    beside: [],
  });
  const second = await pack(t, {
    names: Object.keys(files).toReversed(),
    modifiedAt: new Date('2024-07-08T09:10:11Z'),
    fileMode: 0o600,
    umask: '077',
    environment: { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8' },
    beside: ['notes/todo.txt', '.git/HEAD', 'lib/__pycache__/a.pyc', 'old-1.0.0.apkg'],
  });
  assert.ok(first.equals(second));
  // What made it is told as Unix, whatever it was: the place in the directory of the zip that says so.
  const directory = first.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  assert.equal(first[directory + 5], 3);
});

test('another content, or a file that may be run where it might not before, packs to other bytes', async (t) => {
  const plain: Circumstances = {
    names: Object.keys(files),
    modifiedAt: new Date(0),
    fileMode: 0o644,
    umask: '022',
    environment: {},
    beside: [],
  };
  const before = await pack(t, plain);
  assert.ok(!before.equals(await pack(t, { ...plain, fileMode: 0o744 })));
  assert.ok(!before.equals(await pack(t, { ...plain, beside: ['lib/c.txt'] })));
});
