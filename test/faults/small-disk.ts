import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { After } from './runtime-fixture.ts';

/** A folder whose disk can be made full, for one process at least, and empty again. */
export interface SmallDisk {
  readonly path: string;
  /** From now on nothing more fits. */
  fill(pid: number): void;
  free(pid: number): void;
}

/** A small disk of its own where that may be mounted, else the process's limit for files; undefined where there is neither. */
export function createSmallDisk(folder: string, after: After): SmallDisk | undefined {
  const path = join(folder, 'disk');
  mkdirSync(path);
  if (succeeds('mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path)) {
    after(() => succeeds('umount', '-l', path));
    return mountedDisk(path);
  }
  return succeeds('prlimit', '--version') ? limitedDisk(path) : undefined;
}

function mountedDisk(path: string): SmallDisk {
  const ballast = join(path, 'ballast');
  return { path, fill: () => writeUntilFull(ballast), free: () => rmSync(ballast) };
}

function limitedDisk(path: string): SmallDisk {
  const limit = (pid: number, bytes: string): void => {
    if (!succeeds('prlimit', '--pid', `${pid}`, `--fsize=${bytes}:`)) throw new Error(`process ${pid} takes no limit`);
  };
  return { path, fill: (pid) => limit(pid, '1'), free: (pid) => limit(pid, 'unlimited') };
}

function writeUntilFull(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const size of [1_048_576, 4_096]) writeBlocks(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

/** Until not even one more fits. */
function writeBlocks(descriptor: number, size: number): void {
  const block = Buffer.alloc(size);
  try {
    while (writeSync(descriptor, block) === size);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
  }
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
