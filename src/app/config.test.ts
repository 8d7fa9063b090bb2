import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { describeSettings, resolveConfig } from './config.ts';
import { productFolder } from './product.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function createFolder(yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
  folders.push(folder);
  if (yaml !== undefined) writeFileSync(join(folder, 'config.yaml'), yaml);
  return folder;
}

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const dataFolder = createFolder('port: 1\nlog: { level: info }\ntasks: { maxQueued: 7 }\n');
  const environment = { PARLEY_PORT: '2', PARLEY_LOG_LEVEL: 'debug' };
  assert.equal(resolveConfig({ flags: { dataFolder, port: 3 }, environment }).port, 3);
  const config = resolveConfig({ flags: { dataFolder }, environment });
  assert.equal(config.port, 2);
  assert.equal(config.log.level, 'debug');
  assert.equal(config.tasks.maxQueued, 7);
  assert.equal(config.resilience.retry.maxRetries, 3);
});

test('what is wrong is named with its place', () => {
  const unknown = createFolder('prot: 1\n');
  assert.throws(() => resolveConfig({ flags: { dataFolder: unknown }, environment: {} }), {
    code: 'CONFIG_INVALID',
    message: /prot/,
  });
  const wrong = createFolder('tasks: { maxQueued: -1 }\n');
  assert.throws(() => resolveConfig({ flags: { dataFolder: wrong }, environment: {} }), {
    message: /tasks\.maxQueued/,
  });
  const broken = createFolder('port: [\n');
  assert.throws(() => resolveConfig({ flags: { dataFolder: broken }, environment: {} }), { message: /config\.yaml/ });
});

test('a file that is asked for must be there', () => {
  const dataFolder = createFolder();
  const file = join(dataFolder, 'missing.yaml');
  assert.throws(() => resolveConfig({ flags: { dataFolder }, environment: {}, file }), { code: 'CONFIG_INVALID' });
});

test('settings cannot be changed once they are read', () => {
  const config = resolveConfig({ flags: { dataFolder: createFolder() }, environment: {} });
  assert.throws(() => Object.assign(config.tasks, { maxQueued: 1 }), TypeError);
});

test('docs/configuration.md lists every setting with its default and its variable', () => {
  const page = readFileSync(join(productFolder, 'docs/configuration.md'), 'utf8');
  const [, text = ''] = page.split('## Settings\n');
  const documented = (text.split('\n## ')[0] ?? '').match(/^\| `[a-z][A-Za-z0-9.]*` \|.*$/gm) ?? [];
  const expected = describeSettings().map(
    ({ name, default: value, meaning, variable }) =>
      `| \`${name}\` | ${value && `\`${value}\``} | ${variable && `\`${variable}\``} | ${meaning} |`,
  );
  assert.deepEqual(documented, expected);
});
