import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSmallFile } from '../packages/small-file.ts';
import { type BaseModule, baseModules } from './base-packages.ts';

const maxFiles = 2_000;
const maxFileBytes = 1024 * 1024;
const maxBytes = 32 * 1024 * 1024;
const skipped: ReadonlySet<string> = new Set(['node_modules', '__pycache__', '.parley', '.venv', '.git']);
/** Generated code and comments aside, an import begins a line; `a.b` and `a as b, c` count. */
const importPattern = /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([\w, \t()]+)|import[ \t]+([^#\r\n]+))/gm;

/**
 * Which modules of the base environment the Python files of a folder import. Bounded in files and bytes: what lies beyond is
 * not looked at. Nothing is run.
 */
export async function scanImports(folder: string): Promise<ReadonlySet<BaseModule>> {
  const found = new Set<BaseModule>();
  let files = 0;
  let bytes = 0;
  for await (const path of pythonFiles(folder)) {
    if (++files > maxFiles || bytes > maxBytes || found.size === baseModules.length) break;
    const text = await readSmallFile(path, maxFileBytes).catch(() => undefined);
    bytes += text?.length ?? 0;
    for (const module of findImports(text ?? '')) found.add(module);
  }
  return found;
}

/** Pure: the base modules that a Python source imports. */
export function findImports(source: string): ReadonlySet<BaseModule> {
  const names = [...source.matchAll(importPattern)].flatMap(([, from, members = '', list]) =>
    from === undefined ? listed(list ?? '') : [from, ...listed(members).map((member) => `${from}.${member}`)],
  );
  return new Set(
    baseModules.filter((module) => names.some((name) => name === module || name.startsWith(`${module}.`))),
  );
}

function listed(text: string): readonly string[] {
  return text.split(',').map((item) => item.replace(/[()]/g, ' ').trim().split(/\s/)[0] ?? '');
}

async function* pythonFiles(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith('.py')) yield path;
    else if (entry.isDirectory() && !skipped.has(entry.name)) yield* pythonFiles(path);
  }
}
