import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const endings = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.mjs', '/index.ts'];

/**
 * A function of the package. Rejects with an error that begins with `what` and says what to change.
 *
 * @param {{ what: string, module: string, name: string, folder: string }} named `what` needs it; `folder` is the package's
 * @returns {Promise<(...values: any[]) => any>}
 */
export async function loadFunction({ what, module, name, folder }) {
  const path = findModule(module, folder);
  if (path === undefined) {
    throw new Error(
      `${what}: there is no module "${module}" in the package (looked for ${endings.join(', ')} after its name)`,
    );
  }
  const exports = await importModule(what, module, path);
  const found = exports[name] ?? exports['default']?.[name];
  if (typeof found === 'function') return found;
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  throw new Error(
    `${what}: module "${module}" exports no function "${name}"; it exports ${functions.join(', ') || 'no function'}`,
  );
}

/** @param {string} what @param {string} module @param {string} path @returns {Promise<Record<string, any>>} */
async function importModule(what, module, path) {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const place = error instanceof SyntaxError ? (await import('./syntax-place.js')).findSyntaxPlace(path) : undefined;
    if (place !== undefined && error instanceof Error) error.stack = `${place}\n${error.name}: ${why}`;
    throw new Error(`${what}: module "${module}" cannot be imported: ${why}`, { cause: error });
  }
}

/** A module by its path, or by its dotted name. @param {string} module @param {string} folder */
function findModule(module, folder) {
  const names = [module, module.replaceAll('.', '/')];
  const paths = names.flatMap((name) => endings.map((ending) => resolve(folder, name + ending)));
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
