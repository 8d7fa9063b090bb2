/**
 * `node:http`, got so that Node's own fetch is not loaded with it: an `import` reads every name that the module has, and one of them
 * brings all of undici (14 MB of memory, Node 24.21).
 */
export const nodeHttp: typeof import('node:http') = process.getBuiltinModule('node:http');
