import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const mostFiles = 50;
const timeoutMs = 10_000;
const relativeImport = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Where a module, or one that it imports by its path, breaks the language: `file:///…:LINE`. Node's own error does not tell. The files
 * are parsed, not run.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
export function findSyntaxPlace(path) {
  const files = [path];
  for (let index = 0; index < files.length && index < mostFiles; index++) {
    const file = /** @type {string} */ (files[index]);
    const line = checkFile(file);
    if (line !== undefined) return `${pathToFileURL(file).href}:${line}`;
    for (const imported of listImports(file)) if (!files.includes(imported)) files.push(imported);
  }
  return undefined;
}

/** The line that Node's parser stumbles over. @param {string} file */
function checkFile(file) {
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: timeoutMs });
  return status === 0 ? undefined : /^\S.*:(\d+)$/m.exec(stderr)?.[1];
}

/** @param {string} file */
function listImports(file) {
  const found = [...readFileSync(file, 'utf8').matchAll(relativeImport)];
  const paths = found.map(([, name]) => resolve(dirname(file), name ?? ''));
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
