import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readEnvironmentLayers } from './environment-layers.ts';
import { installPackage, loadInstalled } from './install-package.ts';
import { inventoryPath } from './inventory.ts';
import { packFolder } from './pack-folder.ts';
import { readPackage } from './read-package.ts';

const agentYaml =
  'name: sample\nversion: 1.2.3\nruntime: process\ncommand: [bin/run]\nui: {path: ui}\nenvironment: {B: two}\n';

let base = '';
let source = '';
let packagesFolder = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'parley-install-'));
  source = join(base, 'source');
  packagesFolder = join(base, 'packages');
  for (const folder of ['bin', 'dist/ui', '__pycache__', '.git', 'empty'])
    await mkdir(join(source, folder), { recursive: true });
  await writeFile(join(source, 'agent.yaml'), agentYaml);
  await writeFile(join(source, 'bin/run'), '#!/bin/sh\ncat\n');
  await writeFile(join(source, 'tool'), 'x');
  await chmod(join(source, 'tool'), 0o755);
  await writeFile(join(source, 'dist/ui/index.html'), '<p>');
  await writeFile(join(source, '__pycache__/a.pyc'), 'x');
  await writeFile(join(source, '.git/config'), 'x');
  await writeFile(join(source, '.env'), 'A=one\n');
  await writeFile(join(source, 'deploy.json'), '{"environment":{"C":3}}');
  await writeFile(join(source, 'notes.txt'), 'x');
  await writeFile(join(source, '.apkgignore'), 'notes.*\n');
});
after(() => rm(base, { recursive: true, force: true }));

const installed = async () => installPackage(await readPackage({ kind: 'folder', path: source }), { packagesFolder });

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test('a packed folder is the same bytes each time, and holds what belongs to it', async () => {
  const one = await packFolder(source, base);
  const two = await packFolder(source, join(base, 'again.apkg'));
  assert.equal(one.file, join(base, 'sample-1.2.3.apkg'));
  assert.equal(one.sha256, two.sha256);
  assert.deepEqual(one.files, [
    '.env',
    'agent.yaml',
    'bin/',
    'bin/run',
    'deploy.json',
    'dist/',
    'dist/ui/',
    'dist/ui/index.html',
    'empty/',
    'tool',
  ]);
  assert.deepEqual(await readFile(one.file), await readFile(two.file));
  assert.equal(
    (await readPackage({ kind: 'file', path: one.file }, { expectedSha256: one.sha256 })).digest,
    one.sha256,
  );
});

test('a package lands in a folder of its name and digest, private, and its programs can be run', async () => {
  const { file, sha256 } = await packFolder(source, base);
  const { folder, packageId } = await installPackage(await readPackage({ kind: 'file', path: file }), {
    packagesFolder,
  });
  assert.equal(packageId, 'sample@1.2.3');
  assert.equal(folder, join(packagesFolder, 'sample@1.2.3', sha256.slice(0, 12)));
  assert.equal(await readFile(join(folder, 'dist/ui/index.html'), 'utf8'), '<p>');
  const modes = await Promise.all(
    ['', 'agent.yaml', 'tool', 'bin/run', 'empty'].map((name) => modeOf(join(folder, name))),
  );
  assert.deepEqual(modes, ['700', '600', '700', '700', '700']);
});

test('a second installation changes nothing, and what the agent wrote stays', async () => {
  const { folder } = await installed();
  await writeFile(join(folder, 'cache.db'), 'mine');
  assert.equal((await installed()).folder, folder);
  assert.equal(await readFile(join(folder, 'cache.db'), 'utf8'), 'mine');
});

test('an altered, missing or half installation is refused at load and replaced at install', async () => {
  const { folder } = await installed();
  const damages = [
    () => writeFile(join(folder, 'tool'), 'yy'),
    () => rm(join(folder, 'bin/run')),
    () => rm(inventoryPath(folder)),
    () => writeFile(inventoryPath(folder), '{"format":'),
  ];
  for (const damage of damages) {
    await damage();
    await assert.rejects(loadInstalled(folder), { code: 'PACKAGE_INVALID', message: /Deploy it again/ });
    await installed();
    assert.equal((await loadInstalled(folder)).packageId, 'sample@1.2.3');
  }
});

test('an alteration of the same size is found and replaced at install', async () => {
  const { folder } = await installed();
  await writeFile(join(folder, 'tool'), 'y');
  await installed();
  assert.equal(await readFile(join(folder, 'tool'), 'utf8'), 'x');
});

test('two installations at once both succeed and leave one whole folder', async () => {
  await rm(packagesFolder, { recursive: true });
  const [one, two] = await Promise.all([installed(), installed()]);
  assert.equal(one.folder, two.folder);
  await loadInstalled(one.folder);
  assert.equal((await readdir(join(packagesFolder, 'sample@1.2.3'))).length, 1);
});

test('a source that changed after it was checked is not installed', async () => {
  const { file } = await packFolder(source, base);
  const checked = await readPackage({ kind: 'file', path: file });
  await writeFile(file, await readFile(join(base, 'again.apkg')).then((bytes) => bytes.subarray(1)));
  await assert.rejects(installPackage(checked, { packagesFolder: join(base, 'other') }), { code: 'PACKAGE_INVALID' });
  assert.deepEqual(await readdir(join(base, 'other', 'sample@1.2.3')), []);
});

test('what a killed installation left behind is removed by a later one', async () => {
  const folder = join(packagesFolder, 'sample@1.2.3');
  const [old, fresh] = [join(folder, '.tmp-old'), join(folder, '.tmp-fresh')];
  for (const path of [old, fresh]) await mkdir(path, { recursive: true });
  await utimes(old, 1, 1);
  await rm((await installed()).folder, { recursive: true });
  await installed();
  const names = await readdir(folder);
  assert.deepEqual([names.includes('.tmp-old'), names.includes('.tmp-fresh')], [false, true]);
  await rm(fresh, { recursive: true });
});

test('a place that cannot be written is an error in a sentence', async () => {
  const checked = await readPackage({ kind: 'folder', path: source });
  const file = join(source, 'agent.yaml');
  await assert.rejects(installPackage(checked, { packagesFolder: file }), {
    code: 'INTERNAL',
    message: /cannot be written/,
  });
  await assert.rejects(packFolder(source, join(base, 'no', 'such', 'folder.apkg')), { code: 'INTERNAL' });
});

test('what is loaded is what was installed: manifest, warnings, and the page where it really is', async () => {
  const first = await installed();
  const loaded = await loadInstalled(first.folder);
  assert.deepEqual(loaded, first);
  assert.deepEqual(loaded.manifest.surfaces.ui, { path: 'dist/ui', basePath: '/' });
  assert.deepEqual(loaded.warnings, ['ui.path: ui is missing and dist/ui is used']);
});

test('the environment comes from .env, agent.yaml and deploy.json, in this order', async () => {
  assert.deepEqual(await readEnvironmentLayers(await installed()), [{ A: 'one' }, { B: 'two' }, { C: '3' }]);
});
