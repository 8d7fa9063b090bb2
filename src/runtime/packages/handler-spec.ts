import type { HandlerSpec } from '../worker-protocol/frames.ts';

/** What a package runs on: a Node host, a Python host, or a program per call. */
export type RuntimeKind = 'node' | 'python' | 'process';

/** A handler as a manifest names it, or why the name cannot be one. */
export type HandlerReading = { readonly spec: HandlerSpec } | { readonly problem: string };

const identifier = /^[A-Za-z_$][\w$]*$/;
const pythonModule = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
const nodeModule = /^[\w@.-]+(\/[\w@.-]+)*$/;
const howTo = 'write "module:function" or "module.function"';

/** Endings of files with code: `agent.py` is one, and no function called py. */
const fileEnding = /^[^:]+\.(py|[cm]?[jt]s)$/;

interface Named {
  readonly module: string | undefined;
  readonly name: string;
}

function split(text: string, kind: RuntimeKind): Named {
  const colon = text.lastIndexOf(':');
  if (colon !== -1) return { module: text.slice(0, colon), name: text.slice(colon + 1) };
  const dot = text.lastIndexOf('.');
  if (dot === -1) return { module: undefined, name: text };
  const module = text.slice(0, dot);
  // Dots between names mean folders in both languages; a module path with slashes keeps its dots.
  return {
    module: kind === 'node' && !module.includes('/') ? module.replaceAll('.', '/') : module,
    name: text.slice(dot + 1),
  };
}

/** How a function of that file is written. */
function nameInside(file: string): string {
  return `"${file.replace(/^\.\//, '').replace(/\.\w+$/, '')}:function"`;
}

function normalizePython(module: string): string | undefined {
  const dotted = module.replace(/^\.\//, '').replace(/\.py$/, '').replaceAll('/', '.');
  return pythonModule.test(dotted) ? dotted : undefined;
}

function normalizeNode(module: string): string | undefined {
  const path = module.replace(/^\.\//, '');
  const inside = nodeModule.test(path) && !path.split('/').some((part) => part === '..' || part === '.');
  return inside ? path : undefined;
}

/**
 * Reads `module:function`, `module.function`, or a bare function of `mainModule`. `PixellAdapter` as the function means the
 * class of that name.
 */
export function parseHandler(text: string, kind: RuntimeKind, mainModule?: string): HandlerReading {
  if (fileEnding.test(text))
    return { problem: `${JSON.stringify(text)} is a file; name the function in it: ${nameInside(text)}` };
  const { module = mainModule, name } = split(text, kind);
  if (module === undefined) return { problem: `${JSON.stringify(text)} names no module; ${howTo}, or set main_module` };
  if (!identifier.test(name)) return { problem: `${JSON.stringify(name)} is not a function's name; ${howTo}` };
  const normal = kind === 'python' ? normalizePython(module) : normalizeNode(module);
  if (normal === undefined) return { problem: `${JSON.stringify(module)} is not a module of the package; ${howTo}` };
  if (kind === 'python' && name === 'PixellAdapter') return { spec: { adapter: 'pixell', module: normal } };
  return { spec: { adapter: 'function', module: normal, name } };
}

/** The files that a module may be, best first. Python's installed packages and Node's own modules are not among them. */
export function moduleFiles(module: string, kind: RuntimeKind): readonly string[] {
  if (kind === 'python') {
    const path = module.replaceAll('.', '/');
    return ['', 'src/'].flatMap((root) => [`${root}${path}.py`, `${root}${path}/__init__.py`]);
  }
  const extensions = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.mjs', '/index.ts'];
  return extensions.map((extension) => `${module}${extension}`);
}
