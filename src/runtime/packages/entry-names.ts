import { createPackageError, type PackageFault } from './package-error.ts';

/** The folder inside an installed package that belongs to the runtime. */
export const reservedFolder = '.parley';

type Verdict = readonly [PackageFault, string];

const control = /\p{Cc}|\uFFFD/u;

function judgeSegments(segments: readonly string[]): Verdict | undefined {
  if (segments.includes('..')) return ['parent-name', 'leads out of the package with ".."'];
  if (segments.some((segment) => segment === '' || segment === '.')) return ['bad-name', 'has an empty or "." part'];
  if (segments.some((segment) => Buffer.byteLength(segment) > 255))
    return ['name-too-long', 'has a part over 255 bytes'];
  if (segments[0]?.toLowerCase() === reservedFolder) return ['reserved-name', 'uses a folder of the runtime'];
  return undefined;
}

function judge(name: string, maxBytes: number): Verdict | undefined {
  if (name === '' || control.test(name)) return ['bad-name', 'is empty, not UTF-8, or holds control characters'];
  if (name.includes('\\')) return ['backslash', 'holds a backslash'];
  if (name.startsWith('/')) return ['absolute-name', 'is absolute'];
  if (/^[a-z]:/i.test(name)) return ['drive-letter', 'begins with a drive letter'];
  if (Buffer.byteLength(name) > maxBytes) return ['name-too-long', `is over ${maxBytes} bytes`];
  return judgeSegments(name.split('/'));
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Takes the names of one package, one after the other, and refuses what could land elsewhere or on another's file. */
export interface EntryNames {
  /** `name` without a trailing slash. Throws PACKAGE_INVALID. */
  add(name: string, directory: boolean): void;
}

interface Seen {
  readonly name: string;
  readonly directory: boolean;
  /** True when a folder was only implied by a file below it. */
  readonly implied: boolean;
}

function refuse(name: string, reason: PackageFault, what: string): never {
  throw createPackageError(
    `The name ${JSON.stringify(name.slice(0, 200))} in the package ${what}. Rename it and pack again.`,
    {
      reason,
      entry: name.slice(0, 200),
    },
  );
}

function addParents(seen: Map<string, Seen>, name: string): void {
  for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
    const parent = name.slice(0, slash);
    const known = seen.get(fold(parent));
    if (known === undefined) seen.set(fold(parent), { name: parent, directory: true, implied: true });
    else if (!known.directory) refuse(name, 'under-a-file', `lies under ${known.name}, which is a file`);
    else if (known.name !== parent) refuse(name, 'duplicate', `differs from ${known.name} only in case`);
  }
}

/** A fresh check for one package; names may have at most `maxBytes` UTF-8 bytes. */
export function createEntryNames(maxBytes: number): EntryNames {
  const seen = new Map<string, Seen>();
  return {
    add(name, directory) {
      const verdict = judge(name, maxBytes);
      if (verdict !== undefined) refuse(name, ...verdict);
      addParents(seen, name);
      const known = seen.get(fold(name));
      const fillsIn = known?.implied === true && directory && known.name === name;
      if (known !== undefined && !fillsIn) {
        if (known.directory !== directory) refuse(name, 'under-a-file', 'is a file and a folder at once');
        refuse(name, 'duplicate', `is there twice, or differs from ${known.name} only in case`);
      }
      seen.set(fold(name), { name, directory, implied: false });
    },
  };
}
