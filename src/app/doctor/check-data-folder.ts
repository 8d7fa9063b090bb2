import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError } from '../../base/index.ts';
import type { NodeConfig } from '../config.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const megabyte = 1024 * 1024;
const littleSpaceBytes = 500 * megabyte;
const slowWriteMs = 50;
const name = 'data folder';

/** Whether the node can keep its state there: who may look into it, and what a forced write takes. Leaves nothing behind. */
export async function checkDataFolder({ dataFolder }: NodeConfig): Promise<Finding> {
  const mode = await modeOf(dataFolder);
  const place = mode === undefined ? await existingAbove(dataFolder) : dataFolder;
  try {
    const tookMs = await forceWrite(place);
    const { bavail, bsize } = await statfs(place);
    return judge({ dataFolder, mode, tookMs, freeBytes: bavail * bsize });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const advice = 'Choose another folder with --data-folder, or give it to the user that runs the node.';
    return failed(name, `${dataFolder} cannot be written: ${why}`, advice);
  }
}

interface DataFolderFacts {
  readonly dataFolder: string;
  readonly mode: number | undefined;
  readonly tookMs: number;
  readonly freeBytes: number;
}

function judge({ dataFolder, mode, tookMs, freeBytes }: DataFolderFacts): Finding {
  const free = `${Math.floor(freeBytes / megabyte)} MB free`;
  const about = `${dataFolder} (${mode === undefined ? 'not made yet' : `mode ${formatMode(mode)}`}), ${free}`;
  if (mode !== undefined && (mode & 0o027) !== 0) {
    return warning(name, `${about}: others may look into it.`, `Run: chmod 700 ${dataFolder}`);
  }
  if (freeBytes < littleSpaceBytes) return warning(name, `${about}.`, 'Make room: a full disk refuses all writes.');
  const forced = `a forced write takes ${tookMs.toFixed(1)} ms`;
  if (tookMs <= slowWriteMs) return ok(name, `${about}, ${forced}.`);
  return warning(name, `${about}, ${forced}.`, 'Put it on a faster disk: every commit waits for a forced write.');
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

async function existingAbove(path: string): Promise<string> {
  const above = dirname(path);
  return above === path || (await modeOf(above)) !== undefined ? above : existingAbove(above);
}

async function forceWrite(folder: string): Promise<number> {
  const path = join(folder, `.parley-doctor-${process.pid}`);
  const file = await open(path, 'wx', 0o600);
  try {
    const startedAtMs = performance.now();
    await file.writeFile('doctor');
    await file.sync();
    return performance.now() - startedAtMs;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
