import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { projectFolder } from '../support/project.ts';
import { findViolations } from './violations.ts';

const copied = ['src', 'test/architecture', 'package.json', 'tsconfig.json', '.dependency-cruiser.js'];
let copy = '';

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'parley-planted-'));
  for (const name of copied) cpSync(join(projectFolder, name), join(copy, name), { recursive: true });
  symlinkSync(join(projectFolder, 'node_modules'), join(copy, 'node_modules'));
});
after(() => rmSync(copy, { recursive: true, force: true }));

const planted = [
  {
    what: 'an import of an upper room',
    files: { 'src/base/planted.ts': "import type { Store } from '../store/index.ts';\nexport type Planted = Store;\n" },
    rule: 'base-may-import',
    sentence: /src\/base\/planted\.ts imports .* base may not import store/,
  },
  {
    what: 'an import past a door',
    files: { 'src/store/planted.ts': "export { createId } from '../base/ids.ts';\n" },
    rule: 'base-through-its-door',
    sentence: /src\/store\/planted\.ts imports .* not the door of base/,
  },
  {
    what: 'an adapter named outside the composition',
    files: { 'src/tasks/planted.ts': "export { openSqliteStore } from '../store/sqlite/index.ts';\n" },
    rule: 'store-adapters-in-composition',
    sentence: /src\/tasks\/planted\.ts imports .* an adapter of store/,
  },
  {
    what: 'a foreign package outside the folder that owns it',
    files: { 'src/tasks/planted.ts': "import { request } from 'undici';\nexport const planted: unknown = request;\n" },
    rule: 'undici-has-an-owner',
    sentence: /src\/tasks\/planted\.ts imports undici/,
  },
  {
    what: 'the embedded database outside its driver',
    files: {
      'src/store/planted.ts':
        "import { DatabaseSync } from 'node:sqlite';\nexport const planted: unknown = DatabaseSync;\n",
    },
    rule: 'node-sqlite-has-an-owner',
    sentence: /src\/store\/planted\.ts imports node:sqlite/,
  },
  {
    what: 'a cycle of two files',
    files: {
      'src/base/planted.ts': "import type { B } from './planted-too.ts';\nexport type A = B;\n",
      'src/base/planted-too.ts': "import type { A } from './planted.ts';\nexport type B = A;\n",
    },
    rule: 'no-cycles',
    sentence: /src\/base\/planted-too\.ts → src\/base\/planted\.ts → src\/base\/planted-too\.ts is a cycle/,
  },
];

for (const { what, files, rule, sentence } of planted) {
  test(`both checks find ${what}`, () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, name), text);
    try {
      const output = cruise();
      assert.match(output, new RegExp(`error ${rule}: src/[a-z]+/planted`));
      assert.ok(findViolations(copy).some((found) => sentence.test(found)));
    } finally {
      for (const name of Object.keys(files)) rmSync(join(copy, name));
    }
  });
}

function cruise(): string {
  const program = join(projectFolder, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
  const args = [program, '--config', '.dependency-cruiser.js', '--output-type', 'err-long', 'src'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  assert.notEqual(status, 0, stdout);
  return stdout;
}
