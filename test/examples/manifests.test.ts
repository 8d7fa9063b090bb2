import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { initPackage, readPackage } from '../../src/runtime/index.ts';

const root = new URL('../../', import.meta.url).pathname;
const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
/** Those that the node starts; a folder without a manifest tells a story. */
const examples = folders.filter(({ name }) => existsSync(join(root, 'examples', name, 'agent.yaml')));

test('every example is a package without a fault, and its README shows how to call it', async () => {
  for (const { name } of examples) {
    const path = join(root, 'examples', name);
    const { manifest, warnings } = await readPackage({ kind: 'folder', path });
    assert.equal(manifest.name, name);
    assert.deepEqual(warnings, []);
    assert.notEqual(manifest.defaultSkill, undefined);
    const readme = readFileSync(join(path, 'README.md'), 'utf8');
    assert.match(readme, new RegExp(`parley send ${name} `));
    assert.ok(readme.trimEnd().split('\n').length <= 15);
  }
});

test('what a template makes is a package without a fault', async () => {
  for (const template of ['node', 'python', 'stdio']) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-template-'));
    try {
      await initPackage({ name: 'my-agent', template, folder, templatesFolder: join(root, 'templates') });
      const { manifest, warnings } = await readPackage({ kind: 'folder', path: folder });
      assert.equal(manifest.name, 'my-agent');
      assert.equal(manifest.defaultSkill, 'greet');
      assert.deepEqual(warnings, []);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
});
