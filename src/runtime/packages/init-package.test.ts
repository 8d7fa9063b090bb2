import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { initPackage } from './init-package.ts';
import { readPackage } from './read-package.ts';

let base = '';
let templatesFolder = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'parley-init-'));
  templatesFolder = join(base, 'templates');
  await mkdir(join(templatesFolder, 'node', 'src'), { recursive: true });
  await writeFile(
    join(templatesFolder, 'node', 'agent.yaml'),
    'name: __NAME__\nversion: 0.1.0\nruntime: node24\nentrypoint: src/__NAME__.js:run\n',
  );
  await writeFile(
    join(templatesFolder, 'node', 'src', '__NAME__.js'),
    '#!/usr/bin/env node\nexport const run = () => "__NAME__";\n',
  );
  await chmod(join(templatesFolder, 'node', 'src', '__NAME__.js'), 0o755);
  await writeFile(join(templatesFolder, 'node', 'logo.png'), Buffer.from([0x89, 0xff, 0]));
});
after(() => rm(base, { recursive: true, force: true }));

test('a template becomes a package of that name, which can be read at once', async () => {
  const folder = join(base, 'fresh');
  const files = await initPackage({ name: 'greeter', template: 'node', folder, templatesFolder });
  assert.deepEqual(files, ['agent.yaml', 'logo.png', 'src/greeter.js']);
  assert.match(await readFile(join(folder, 'src/greeter.js'), 'utf8'), /"greeter"/);
  assert.equal((await stat(join(folder, 'src/greeter.js'))).mode & 0o100, 0o100);
  assert.deepEqual(await readFile(join(folder, 'logo.png')), Buffer.from([0x89, 0xff, 0]));
  const checked = await readPackage({ kind: 'folder', path: folder });
  assert.deepEqual([checked.manifest.packageId, checked.warnings], ['greeter@0.1.0', []]);
});

test('a folder with something in it, a bad name and an unknown template are refused, and nothing is written', async () => {
  const options = { name: 'greeter', template: 'node', folder: join(base, 'never'), templatesFolder };
  await assert.rejects(initPackage({ ...options, folder: templatesFolder }), { code: 'CONFLICT' });
  await assert.rejects(initPackage({ ...options, name: 'Not A Name' }), { code: 'INVALID_PARAMS' });
  await assert.rejects(initPackage({ ...options, template: '../node' }), {
    code: 'NOT_FOUND',
    message: /one of: node/,
  });
  assert.equal((await readdir(base)).includes('never'), false);
});
