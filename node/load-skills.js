import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {(input: Record<string, any>, context: any) => unknown} Handler */

const endings = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.mjs', '/index.ts'];

/**
 * Imports the code behind each skill of an `init` frame. Rejects with an error that names the skill and what to change.
 *
 * @param {readonly { id: string, handler: { adapter: string, module: string, name?: string } }[]} skills
 * @param {string} folder the package's
 * @returns {Promise<Map<string, Handler>>}
 */
export async function loadSkills(skills, folder) {
  const handlers = new Map();
  for (const { id, handler } of skills) {
    if (handler.adapter !== 'function') {
      throw new Error(
        `skill "${id}": the adapter "${handler.adapter}" is for Python packages, a Node package exports functions`,
      );
    }
    handlers.set(id, await loadFunction(id, handler.module, handler.name ?? 'default', folder));
  }
  return handlers;
}

/**
 * @param {string} skill
 * @param {string} module
 * @param {string} name
 * @param {string} folder
 * @returns {Promise<Handler>}
 */
async function loadFunction(skill, module, name, folder) {
  const path = findModule(module, folder);
  if (path === undefined) {
    throw new Error(
      `skill "${skill}": there is no module "${module}" in the package (looked for ${endings.join(', ')} after its name)`,
    );
  }
  const exports = await importModule(skill, module, path);
  const found = exports[name] ?? exports.default?.[name];
  if (typeof found === 'function') return found;
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  throw new Error(
    `skill "${skill}": module "${module}" exports no function "${name}"; it exports ${functions.join(', ') || 'no function'}`,
  );
}

/** @param {string} skill @param {string} module @param {string} path @returns {Promise<Record<string, any>>} */
async function importModule(skill, module, path) {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`skill "${skill}": module "${module}" cannot be imported: ${what}`, { cause: error });
  }
}

/** A module by its path, or by its dotted name. @param {string} module @param {string} folder */
function findModule(module, folder) {
  const names = [module, module.replaceAll('.', '/')];
  const paths = names.flatMap((name) => endings.map((ending) => resolve(folder, name + ending)));
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
