import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { installPackage } from './install-package.ts';
import { type RawEntry, rawZip } from './raw-zip.fixture.ts';
import { readPackage } from './read-package.ts';

const manifest: RawEntry = {
  name: 'agent.yaml',
  content: Buffer.from('name: hostile\nversion: 1.0.0\nruntime: node24\nentrypoint: agent:run\n'),
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-hostile-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function refusal(bytes: Buffer): Promise<ParleyError> {
  const path = join(folder, 'hostile.apkg');
  await writeFile(path, bytes);
  const install = async () =>
    installPackage(await readPackage({ kind: 'file', path }), { packagesFolder: join(folder, 'in') });
  const error = await install().then(
    () => assert.fail('the package was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ParleyError, String(error));
  assert.equal(error.code, 'PACKAGE_INVALID');
  return error;
}

async function leftovers(): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => !entry.isDirectory() && entry.name !== 'hostile.apkg').map((entry) => entry.name);
}

const linkMode = 0o120777;
const names: readonly (readonly [title: string, entry: RawEntry, reason: string])[] = [
  ['that climbs out', { name: '../evil.txt' }, 'parent-name'],
  ['that climbs out further down', { name: 'a/../../evil.txt' }, 'parent-name'],
  ['that is absolute', { name: '/evil.txt' }, 'absolute-name'],
  ['with a drive letter', { name: 'C:evil.txt' }, 'drive-letter'],
  ['with a backslash', { name: '..\\evil.txt' }, 'backslash'],
  ['with a NUL', { name: 'evil\0.txt' }, 'bad-name'],
  ['that is not UTF-8', { name: Buffer.from([0x61, 0xff, 0x62]) }, 'bad-name'],
  ['with an empty part', { name: 'a//b' }, 'bad-name'],
  ['that is too long', { name: `${'a/'.repeat(300)}b` }, 'name-too-long'],
  ["in the runtime's own folder", { name: '.parley/inventory.json' }, 'reserved-name'],
  ['that is there twice', { name: 'agent.yaml' }, 'duplicate'],
  ['that differs in case only', { name: 'Agent.yaml' }, 'duplicate'],
  ['under a file', { name: 'agent.yaml/x' }, 'under-a-file'],
  ['of a link', { name: 'link', mode: linkMode, content: Buffer.from('/etc/passwd') }, 'link'],
  ['of a device', { name: 'device', mode: 0o060644 }, 'special-file'],
  ['of an encrypted file', { name: 'secret', flags: 0x801, deflate: true, content: Buffer.from('x') }, 'encrypted'],
  ['with an unknown compression method', { name: 'packed', method: 14 }, 'compression-method'],
];

for (const [title, entry, reason] of names)
  test(`an entry ${title} is refused, and nothing is written`, async () => {
    const error = await refusal(rawZip([manifest, entry]));
    assert.equal(error.details['reason'], reason);
    assert.deepEqual(await leftovers(), []);
  });

test('a link as agent.yaml is refused', async () => {
  const error = await refusal(rawZip([{ name: 'agent.yaml', mode: linkMode, content: Buffer.from('/etc/passwd') }]));
  assert.equal(error.details['reason'], 'link');
  assert.equal(error.details['entry'], 'agent.yaml');
});

test('a claim of two gigabytes is refused before anything is read', async () => {
  const claim = { name: 'big', deflate: true, content: Buffer.from('x'), claimedSize: 2 * 1024 ** 3 };
  assert.equal((await refusal(rawZip([manifest, claim]))).details['reason'], 'unpacked-too-large');
});

test('a bomb that tells its size is refused by its ratio', async () => {
  const bomb = { name: 'zeros', deflate: true, content: Buffer.alloc(20 * 1024 * 1024) };
  assert.equal((await refusal(rawZip([manifest, bomb]))).details['reason'], 'ratio');
});

test('a bomb that claims ten bytes is stopped at the eleventh, and nothing of it stays', async () => {
  const bomb = { name: 'zeros', deflate: true, content: Buffer.alloc(20 * 1024 * 1024), claimedSize: 10 };
  assert.equal((await refusal(rawZip([manifest, bomb]))).details['reason'], 'damaged');
  assert.deepEqual(await leftovers(), []);
});

test('a bomb as agent.yaml is stopped by the limit of that file', async () => {
  const content = Buffer.alloc(5 * 1024 * 1024, 'a');
  const error = await refusal(rawZip([{ name: 'agent.yaml', deflate: true, content }]));
  assert.equal(error.details['reason'], 'unpacked-too-large');
});

test('content that does not have its checksum is refused', async () => {
  const altered = { name: 'data', content: Buffer.from('altered'), claimedCrc: 1 };
  assert.equal((await refusal(rawZip([manifest, altered]))).details['reason'], 'damaged');
});

test('more than ten thousand entries are refused', async () => {
  const many = Array.from({ length: 10_001 }, (_, i) => ({ name: `f${i}` }));
  assert.equal((await refusal(rawZip([manifest, ...many]))).details['reason'], 'too-many-entries');
});

test('entries that share their bytes are refused', async () => {
  const shared = rawZip([manifest, { name: 'a', content: Buffer.alloc(4000, 'a') }]);
  const record = shared.subarray(shared.lastIndexOf('PK\x01\x02'), shared.length - 22);
  const copies = ['b', 'c'].map((name) => Buffer.concat([record.subarray(0, 46), Buffer.from(name)]));
  const end = Buffer.from(shared.subarray(shared.length - 22));
  end.writeUInt16LE(4, 10);
  const bytes = Buffer.concat([shared.subarray(0, shared.length - 22), ...copies, end]);
  assert.equal((await refusal(bytes)).details['reason'], 'overlap');
});

test('a package that ends in the middle, or is garbage, or is empty, is refused', async () => {
  const whole = rawZip([manifest, { name: 'agent.js', content: Buffer.alloc(500, 'x'), deflate: true }]);
  for (const bytes of [whole.subarray(0, whole.length >> 1), Buffer.alloc(5000, 7), Buffer.alloc(0)])
    assert.equal((await refusal(bytes)).details['reason'], 'damaged');
});

test('a directory said to be at byte 2^64 is refused and does not end the process', async () => {
  const whole = rawZip([manifest]);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.fill(0xff, 8, 16);
  const bytes = Buffer.concat([whole.subarray(0, whole.length - 22), locator, whole.subarray(whole.length - 22)]);
  assert.equal((await refusal(bytes)).details['reason'], 'damaged');
});

test('a file over the limit is refused by its size alone', async () => {
  const path = join(folder, 'hostile.apkg');
  await writeFile(path, '');
  await truncate(path, 101 * 1024 * 1024);
  const thrown = await readPackage({ kind: 'file', path }).catch((error: unknown) => error);
  assert.equal((thrown as ParleyError).details['reason'], 'package-too-large');
  await rm(path);
});

test('a path that is missing, and a folder given as a file, are refused in a sentence', async () => {
  for (const path of [join(folder, 'missing.apkg'), folder])
    await assert.rejects(readPackage({ kind: 'file', path }), { code: 'PACKAGE_INVALID' });
});

test('a file that has another sha256 than asked for is refused with both', async () => {
  const path = join(folder, 'hostile.apkg');
  await writeFile(path, rawZip([manifest]));
  const expectedSha256 = 'ab'.repeat(32);
  await assert.rejects(readPackage({ kind: 'file', path }, { expectedSha256 }), {
    code: 'PACKAGE_INVALID',
    message: new RegExp(`^SHA256 verification failed. Expected: ${expectedSha256}, Got: [0-9a-f]{64}$`),
  });
});

test('a package packed with its folder around it says so', async () => {
  const error = await refusal(rawZip([{ ...manifest, name: 'my-agent/agent.yaml' }]));
  assert.equal(error.details['reason'], 'no-manifest');
  assert.match(error.message, /my-agent\/agent\.yaml: pack what is inside/);
});

test('a folder with a link out of it is refused, a link inside is packed as the file', async () => {
  const path = join(folder, 'linked');
  await mkdir(path);
  await writeFile(join(path, 'agent.yaml'), manifest.content ?? '');
  await writeFile(join(path, 'agent.js'), 'export const run = () => 1;');
  await symlink('agent.js', join(path, 'alias.js'));
  const checked = await readPackage({ kind: 'folder', path });
  assert.equal(checked.files.find((file) => file.name === 'alias.js')?.size, 27);
  await symlink('/etc/passwd', join(path, 'out'));
  await assert.rejects(readPackage({ kind: 'folder', path }), { details: { entry: 'out', reason: 'link' } });
  await rm(path, { recursive: true });
});
