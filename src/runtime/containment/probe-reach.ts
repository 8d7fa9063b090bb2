import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

/** Who is to reach what. */
export interface Reach {
  readonly uid: number;
  readonly gid: number;
  /** An absolute path, or a name in PATH. */
  readonly interpreter: string;
  /** Read by a program that the interpreter runs: the host, the package. */
  readonly paths: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const probeTimeoutMs = 20_000;
const script = 'for path in "$@"; do [ -r "$path" ] || exit 3; done; exec "$PARLEY_PROBE" --version';

/** Undefined when that user can start the interpreter and read the paths; else a sentence on what is in the way. */
export async function probeReach(reach: Reach): Promise<string | undefined> {
  const { uid, gid, interpreter, paths, environment } = reach;
  const child = spawn('/bin/sh', ['-c', script, 'probe', ...paths], {
    uid,
    gid,
    cwd: '/',
    env: { ...environment, PARLEY_PROBE: interpreter },
    stdio: 'ignore',
    timeout: probeTimeoutMs,
    killSignal: 'SIGKILL',
  });
  try {
    const [code] = await once(child, 'exit');
    return code === 0 ? undefined : await explain(reach);
  } catch (thrown) {
    return `a process cannot be started as user ${uid}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

async function explain(reach: Reach): Promise<string> {
  const { uid, interpreter, paths, environment } = reach;
  const command = await findCommand(interpreter, environment['PATH'] ?? '');
  for (const path of command === undefined ? paths : [command, ...paths]) {
    const closed = await findClosed(path, reach);
    if (closed !== undefined) return `user ${uid} cannot reach ${path}: ${closed}`;
  }
  return `${interpreter} cannot be run as user ${uid}`;
}

async function findCommand(interpreter: string, path: string): Promise<string | undefined> {
  if (isAbsolute(interpreter)) return interpreter;
  for (const candidate of path.split(delimiter).map((folder) => join(folder, interpreter))) {
    if (
      await access(candidate).then(
        () => true,
        () => false,
      )
    )
      return candidate;
  }
  return undefined;
}

/** The first folder from the root on that the user may not pass. */
export async function findClosed(path: string, { uid, gid }: Pick<Reach, 'uid' | 'gid'>): Promise<string | undefined> {
  const real = await realpath(path).catch(() => path);
  const folders = [...new Set([...foldersAbove(path), ...foldersAbove(real)])];
  for (const folder of folders) {
    const stats = await stat(folder).catch(() => undefined);
    if (stats === undefined) continue;
    const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    if (((stats.mode >> shift) & 1) === 0) return `the folder ${folder} with mode ${mode} does not let it pass`;
  }
  return undefined;
}

function foldersAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [above] : [...foldersAbove(above), above];
}
