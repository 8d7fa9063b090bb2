import { realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { UidSettings } from './uid-settings.ts';

/**
 * The path of a command that the users of deployments may run, too: the first such in `path`, a PATH. The command as it stands when there
 * is none, or when it is a path. Only modes are looked at.
 */
export function findReachable(command: string, path: string, { first, count }: UidSettings): string {
  if (command.includes('/')) return command;
  const candidates = path.split(delimiter).filter(isAbsolute);
  const nobody = { uid: first + count, gid: first };
  return candidates.map((folder) => join(folder, command)).find((file) => mayRun(file, nobody)) ?? command;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

function mayRun(file: string, user: User): boolean {
  try {
    const real = realpathSync(file);
    if (!statSync(real).isFile()) return false;
    return [...waysTo(file), ...waysTo(real)].every((path) => mayPass(statSync(path), user));
  } catch {
    return false;
  }
}

/** The file and the folders above it. */
function waysTo(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...waysTo(above)];
}

/** To pass a folder and to run a file are the same right. */
function mayPass({ uid, gid, mode }: Stats, user: User): boolean {
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & 1) === 1;
}
