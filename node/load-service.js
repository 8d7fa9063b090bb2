import { loadFunction } from './load-module.js';

/** @typedef {import('./load-skills.js').Handler} Handler */
/** @typedef {import('./grpc-surface.js').GrpcSurface} GrpcSurface */

const what = 'a2a.service';

/**
 * What the function behind `a2a.service` gives: custom handlers by action, and gRPC services that it registers on the server that it
 * asks for as its argument, or returns as `{definition, methods}` or a list of these. Rejects with an error that says what to change.
 *
 * @param {{ module: string, name: string }} names
 * @param {string} folder the package's
 * @returns {Promise<{ handlers: Map<string, Handler>, grpc: GrpcSurface | undefined }>}
 */
export async function loadService({ module, name }, folder) {
  const create = await loadFunction({ what, module, name, folder });
  /** @type {GrpcSurface | undefined} */
  let grpc;
  const open = async () => {
    const { GrpcSurface } = await import('./grpc-surface.js');
    grpc ??= new GrpcSurface(folder);
    return grpc.server;
  };
  const found = await call(create, create.length > 0 ? await open() : undefined, `"${module}:${name}"`);
  const definitions = [found].flat().filter((each) => each?.definition !== undefined && each?.methods !== undefined);
  for (const { definition, methods } of definitions) (await open()).addService(definition, methods);
  const handlers = new Map(Object.entries(handlersOf(found)));
  if (handlers.size === 0 && grpc === undefined && found !== undefined) {
    throw new Error(`${what}: "${module}:${name}" returned neither custom_handlers nor {definition, methods}`);
  }
  return { handlers, grpc };
}

/** @param {(server?: object) => any} create @param {object | undefined} server @param {string} origin */
async function call(create, server, origin) {
  try {
    return (await (server === undefined ? create() : create(server))) ?? undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${what}: ${origin} failed: ${why}`, { cause });
  }
}

/** Every value that a custom handler gets is a text, others as JSON. @param {any} found @returns {Record<string, Handler>} */
function handlersOf(found) {
  const own = { ...(found?.custom_handlers ?? found?.customHandlers), ...found?.streaming_handlers };
  return Object.fromEntries(
    Object.entries(own).map(([action, handler]) => {
      return [action, (/** @type {any} */ input, /** @type {any} */ context) => handler(toTexts(input), context)];
    }),
  );
}

/** @param {Record<string, unknown>} input */
function toTexts(input) {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
