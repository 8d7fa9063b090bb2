import { loadFunction } from './load-module.js';

/** @typedef {(input: Record<string, any>, context: any) => unknown} Handler */

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
    const what = `skill "${id}"`;
    if (handler.adapter !== 'function') {
      throw new Error(
        `${what}: the adapter "${handler.adapter}" is for Python packages, a Node package exports functions`,
      );
    }
    const { module, name = 'default' } = handler;
    handlers.set(id, await loadFunction({ what, module, name, folder }));
  }
  return handlers;
}
