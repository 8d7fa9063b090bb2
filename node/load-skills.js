import { loadFunction } from './load-module.js';

/** @typedef {(input: Record<string, any>, context: any) => unknown} Handler */

/**
 * Imports the code behind each skill of an `init` frame, and what a service has of gRPC. Rejects with an error that names the skill
 * and what to change.
 *
 * @param {readonly { id: string, handler: { adapter: string, module: string, name?: string } }[]} skills
 * @param {string} folder the package's
 * @returns {Promise<{ handlers: Map<string, Handler>, grpc: import('./grpc-surface.js').GrpcSurface | undefined }>}
 */
export async function loadSkills(skills, folder) {
  /** @type {Map<string, Handler>} */
  const handlers = new Map();
  let grpc;
  for (const { id, handler } of skills) {
    const what = `skill "${id}"`;
    const { adapter, module, name = 'default' } = handler;
    if (adapter === 'custom-handlers') {
      const service = await (await import('./load-service.js')).loadService({ module, name }, folder);
      for (const [action, own] of service.handlers) handlers.set(action, own);
      grpc ??= service.grpc;
    } else if (adapter === 'function') {
      handlers.set(id, await loadFunction({ what, module, name, folder }));
    } else {
      throw new Error(`${what}: the adapter "${adapter}" is for Python packages, a Node package exports functions`);
    }
  }
  return { handlers, grpc };
}
