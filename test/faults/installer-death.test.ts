import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAfter, createFolder, openPresence, writePackage } from './runtime-fixture.ts';

const script = fileURLToPath(new URL('./runtime-node.ts', import.meta.url));

/** Reports itself as `installer`, with a child that does so as `child`; both are deaf to SIGTERM and never end. */
function deafInstaller(presence: string): string {
  const report = (role: string): string =>
    `process.on('SIGTERM', () => {}); require('net').connect('${presence}', function () { this.write('${role} ' + process.pid + '\\n'); });`;
  const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(report('child'))}]);`;
  return `#!${process.execPath}\n${report('installer')}\n${child}\n`;
}

test('an installer, and what it has started, end with a node that is killed', { timeout: 60_000 }, async (t) => {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const presence = await openPresence(folder);
  after(() => presence.close());
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await writeFile(join(programs, 'npm'), deafInstaller(presence.path));
  await chmod(join(programs, 'npm'), 0o700);
  const lock = { lockfileVersion: 3, packages: { '': {} } };
  const { path } = await writePackage(folder, 'wild', {
    'agent.yaml':
      'name: wild\nversion: 1.0.0\nruntime: node24\nexports:\n  - {name: echo, type: function, handler: agent.echo}\n',
    'agent.js': 'export const echo = (input) => input;\n',
    'package.json': JSON.stringify({ type: 'module', dependencies: { greeting: '1.0.0' } }),
    'package-lock.json': JSON.stringify(lock),
  });
  const env = { ...process.env, PATH: [programs, process.env['PATH']].join(delimiter) };
  const child = spawn(process.execPath, [script, folder, path, 'never', presence.path], { env, stdio: 'ignore' });
  after(() => child.kill('SIGKILL'));
  const [installer, grandchild] = await Promise.all([presence.next('installer'), presence.next('child')]);
  child.kill('SIGKILL');
  await Promise.all([installer.gone, grandchild.gone]);
});
