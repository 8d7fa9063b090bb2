import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseManifest } from './manifest.ts';
import { manifestFields } from './manifest-fields.ts';
import { packageFaults } from './package-error.ts';
import { defaultPackageLimits } from './package-limits.ts';

const doc = await readFile(new URL('../../../docs/packages.md', import.meta.url), 'utf8');

function rowsUnder(header: string): readonly string[] {
  const [, below = ''] = doc.split(`\n${header}\n`);
  const lines = below.split('\n').slice(1);
  return lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('|')),
  );
}

test('the table of fields is what the code reads', () => {
  const rows = manifestFields.map(({ path, type, meaning }) => `| \`${path}\` | ${type} | ${meaning} |`);
  assert.deepEqual(rowsUnder('| field | type | meaning |'), rows);
});

test('the table of reasons is what the code refuses with', () => {
  const reasons = rowsUnder('| reason | what |').map((row) => row.split('`')[1]);
  assert.deepEqual(reasons, packageFaults);
});

test('the table of limits is what the code holds to', () => {
  const rows = Object.entries(defaultPackageLimits).map(([name, value]) => `| \`${name}\` | ${value} |`);
  assert.deepEqual(rowsUnder('| limit | value |'), rows);
});

test('the example manifest is read without a warning', () => {
  const [, example = ''] = /```yaml\n([^`]*)```/.exec(doc) ?? [];
  const manifest = parseManifest(example);
  assert.deepEqual([manifest.packageId, manifest.warnings], ['greeter@0.1.0', []]);
});

test('every field in the table is a known one', () => {
  const exportsItem =
    '{name: a, handler: m.f, timeouts: {idle_seconds: 1}, input_schema: {type: object}, role_required: x}';
  const subAgent = '{name: s, description: d, endpoint: e, capabilities: [c], public: false}';
  const manifest = parseManifest(`
name: a
version: 1.0.0
runtime: python3.11
main_module: m
exports: [${exportsItem}]
timeouts: {total_seconds: 1}
mcp: {enabled: true, config_file: x}
a2a: {entry: "s:f", http_server: "s:g"}
rest: {entry: "r:mount"}
ui: {path: ui, basePath: /}
metadata: {anything: goes, sub_agents: [${subAgent}]}
environment: {ANY: thing}
`);
  assert.deepEqual(manifest.warnings, []);
});
