import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { lockFolder } from './lock-folder.ts';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'parley-lock-'));
  await run(join(parent, 'data'));
  await rm(parent, { recursive: true });
}

function namesHolder(pid: number | undefined): (thrown: unknown) => boolean {
  return (thrown) =>
    hasCode(thrown, 'DATA_FOLDER_LOCKED') && thrown.details['pid'] === pid && thrown.message.includes(`process ${pid}`);
}

function registerTests(): void {
  test('a folder has one holder; the refusal names its process, and after the release it is free', () =>
    inFolder(async (folder) => {
      const lock = lockFolder(folder);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      assert.throws(() => lockFolder(folder), namesHolder(process.pid));
      lock.release();
      lock.release();
      assert.equal(existsSync(join(folder, 'lock.pid')), false);
      lockFolder(folder).release();
    }));

  test('a folder whose holder was killed is free at once', () =>
    inFolder(async (folder) => {
      const holder = spawn(process.execPath, [import.meta.filename, 'hold', folder], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(holder.stdout, 'data');
      assert.throws(() => lockFolder(folder), namesHolder(holder.pid));
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      lockFolder(folder).release();
    }));
}

const [, , role, held = ''] = process.argv;
if (role === 'hold') {
  lockFolder(held);
  process.stdout.write('held');
  process.stdin.resume();
} else registerTests();
