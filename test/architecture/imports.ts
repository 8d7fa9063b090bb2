import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** One import statement: type-only ones, re-exports and `import()` of a constant included. */
export interface Import {
  /** Relative to the project, with `/`. */
  readonly file: string;
  readonly specifier: string;
  /** The imported file, relative to the project, when it is one of ours. */
  readonly target: string | undefined;
}

const statements = /(?:^|[\n;])\s*(?:import|export)\s(?:[^'"();]*?\sfrom\s*)?['"]([^'"\n]+)['"]/g;
const calls = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** All TypeScript files below `folder` of the project at `root`, sorted. */
export function sourceFiles(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort();
}

/** What the files import, read from their text alone: a second opinion that shares no code with the first. */
export function readImports(root: string, files: readonly string[]): readonly Import[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(statements), ...text.matchAll(calls)].map(([, specifier = '']) => ({
      file,
      specifier,
      target: specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined,
    }));
  });
}
