import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { ParleyError } from '../../base/index.ts';
import { installPackage } from './install-package.ts';
import { createLaunchPlan } from './launch-plan.ts';
import { parseManifest } from './manifest.ts';
import { manifestFields } from './manifest-fields.ts';
import { packFolder } from './pack-folder.ts';
import { readPackage } from './read-package.ts';

const seed = 20_261_121;

let base = '';
let packed: Buffer = Buffer.alloc(0);
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'parley-fuzz-'));
  const source = join(base, 'source');
  await mkdir(join(source, 'lib'), { recursive: true });
  await writeFile(join(source, 'agent.yaml'), 'name: fuzz\nversion: 1.0.0\nruntime: node24\nentrypoint: agent:run\n');
  await writeFile(join(source, 'agent.js'), 'export const run = () => 1;\n'.repeat(20));
  await writeFile(join(source, 'lib', 'data.bin'), Buffer.alloc(300, 5));
  packed = await readFile((await packFolder(source, base)).file);
});
after(() => rm(base, { recursive: true, force: true }));

function assertRefused(error: unknown, codes: readonly string[]): void {
  assert.ok(error instanceof ParleyError, String(error instanceof Error ? error.stack : error));
  assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
}

function parseAnything(yamlText: string): void {
  try {
    createLaunchPlan(parseManifest(yamlText));
  } catch (error) {
    assertRefused(error, ['MANIFEST_INVALID']);
  }
}

const keys = manifestFields.map((field) => field.path.split(/\.|\[\]\.?/).findLast((part) => part !== '') ?? 'name');
const yamlNoise = fc.stringMatching(/^[-\w:[\]{}&*!|>'"#%@, \n.$]{0,300}$/);
const leaf = fc.oneof(
  fc.constantFrom('agent:run', 'agent.run', 'node24', 'python3.11', 'main:main', 'a', '1.0.0', '../x', '__proto__'),
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(fc.constantFrom(...keys, '__proto__', 'x'), tie('value'), { maxKeys: 12 }),
})).map;

test('a manifest of any text is read or refused', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), yamlNoise), parseAnything), { seed, numRuns: 3000 });
});

test('a manifest of known fields with any values is read or refused', () => {
  fc.assert(
    fc.property(tree, (value) => parseAnything(JSON.stringify({ name: 'fuzz', version: '1', ...(value as object) }))),
    { seed, numRuns: 3000 },
  );
});

interface Change {
  readonly at: number;
  readonly byte: number;
}

function mutate(changes: readonly Change[], cut: number | undefined): Buffer {
  const bytes = Buffer.from(packed);
  // Most of the damage goes to the directory at the end: in the data it would only be a wrong checksum.
  for (const { at, byte } of changes) bytes[Math.floor(bytes.length * (1 - at * at))] = byte;
  return cut === undefined ? bytes : bytes.subarray(0, Math.floor(bytes.length * cut));
}

async function installAnything(bytes: Buffer): Promise<void> {
  const path = join(base, 'fuzz.apkg');
  await writeFile(path, bytes);
  try {
    await installPackage(await readPackage({ kind: 'file', path }), { packagesFolder: join(base, 'in', 'side') });
  } catch (error) {
    assertRefused(error, ['PACKAGE_INVALID', 'MANIFEST_INVALID']);
  }
}

test('a damaged package is installed or refused, and nothing is written outside', async () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.record({ at: unit, byte: fc.integer({ min: 0, max: 255 }) });
  const changes = fc.array(change, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(changes, fc.option(unit, { freq: 5, nil: undefined }), async (list, cut) => {
      await installAnything(mutate(list, cut));
    }),
    { seed, numRuns: 2000 },
  );
  assert.deepEqual((await readdir(base)).sort(), ['fuzz-1.0.0.apkg', 'fuzz.apkg', 'in', 'source'].filter(Boolean));
  assert.deepEqual(await readdir(join(base, 'in')), ['side']);
});
