import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isObject, isSystemError } from '../../base/index.ts';

/** Which deployment has which user id; kept in one file of the node. */
export interface UidBook {
  get(deploymentId: string): number | undefined;
  set(deploymentId: string, uid: number): void;
  remove(deploymentId: string): void;
  /** The ids that are given away. */
  taken(): ReadonlySet<number>;
}

/** Reads the file if it is there; each change replaces it in one step. A file that is no book of ids counts as empty. */
export function openUidBook(path: string): UidBook {
  const uids = new Map(readEntries(path));
  const write = (): void => {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(uids)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    get: (deploymentId) => uids.get(deploymentId),
    set(deploymentId, uid) {
      uids.set(deploymentId, uid);
      write();
    },
    remove(deploymentId) {
      if (uids.delete(deploymentId)) write();
    },
    taken: () => new Set(uids.values()),
  };
}

function readEntries(path: string): readonly (readonly [string, number])[] {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const entries = isObject(json) ? Object.entries(json) : [];
    return entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]));
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT') || thrown instanceof SyntaxError) return [];
    throw thrown;
  }
}
