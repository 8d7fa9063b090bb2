import { type HandlerReading, parseHandler, type RuntimeKind } from './handler-spec.ts';
import type { FunctionRef, ManifestEntry, ManifestSurfaces } from './manifest-model.ts';
import { complain, type ManifestScope, readScope, readText, readTexts } from './manifest-scope.ts';

/** The handler that `key` names, or undefined after a problem was noted. */
export function readHandler(
  scope: ManifestScope,
  key: string,
  read: (text: string) => HandlerReading,
): Extract<HandlerReading, { spec: unknown }>['spec'] | undefined {
  const text = readText(scope, key);
  if (text === undefined) return undefined;
  const reading = read(text);
  return 'spec' in reading ? reading.spec : complain(scope, key, reading.problem);
}

function readFunction(scope: ManifestScope, key: string, kind: RuntimeKind): FunctionRef | undefined {
  const spec = readHandler(scope, key, (text) => parseHandler(text, kind === 'process' ? 'python' : kind));
  if (spec === undefined) return undefined;
  if (spec.adapter === 'function') return { module: spec.module, name: spec.name };
  return complain(scope, key, 'this must name a function');
}

function readA2a(scope: ManifestScope, kind: RuntimeKind): ManifestSurfaces['a2a'] {
  const a2a = readScope(scope, 'a2a');
  if (a2a === undefined) return undefined;
  const service = readFunction(a2a, 'service', kind) ?? readFunction(a2a, 'entry', kind);
  const httpServer = readFunction(a2a, 'http_server', kind);
  return { ...(service && { service }), ...(httpServer && { httpServer }) };
}

function readRest(scope: ManifestScope, kind: RuntimeKind): ManifestSurfaces['rest'] {
  const rest = readScope(scope, 'rest');
  if (rest === undefined) return undefined;
  if (readText(rest, 'entry') === undefined) return complain(scope, 'rest', "REST config missing required 'entry'");
  const entry = readFunction(rest, 'entry', kind);
  return entry && { entry };
}

function readUi(scope: ManifestScope): ManifestSurfaces['ui'] {
  const ui = readScope(scope, 'ui');
  if (ui === undefined) return undefined;
  const path = readText(ui, 'path')?.replace(/^\.\//, '').replace(/\/+$/, '');
  if (path === undefined) return complain(scope, 'ui', "UI config missing required 'path'");
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.split('/').includes('..'))
    return complain(ui, 'path', 'this must be a folder inside the package');
  return { path, basePath: readText(ui, 'basePath') ?? '/' };
}

/** Reads `rest`, `a2a` and `ui`. */
export function readSurfaces(scope: ManifestScope, kind: RuntimeKind): ManifestSurfaces {
  const rest = readRest(scope, kind);
  const a2a = readA2a(scope, kind);
  const ui = readUi(scope);
  return { ...(rest && { rest }), ...(a2a && { a2a }), ...(ui && { ui }) };
}

function readProgram(scope: ManifestScope): ManifestEntry | undefined {
  const [first, ...rest] = readTexts(scope, 'command');
  if (first === undefined || first === '')
    return complain(
      scope,
      'command',
      'this must be a list that begins with a program, such as ["{python}", "agent.py"]',
    );
  if ([first, ...rest].some((word) => word.includes('\0')))
    return complain(scope, 'command', 'a word holds a NUL character');
  const inside = first.includes('/') && !first.startsWith('/');
  if (inside && first.split('/').includes('..'))
    return complain(scope, 'command', 'the program leads out of the package');
  return { kind: 'program', command: [inside ? `./${first.replace(/^(\.\/)+/, '')}` : first, ...rest] };
}

function needsNothingElse(scope: ManifestScope, surfaces: ManifestSurfaces): boolean {
  return Object.keys(surfaces).length > 0 || ['a2a', 'rest', 'ui'].some((key) => scope.values[key] !== undefined);
}

/** Reads what starts the package: `command`, else `entrypoint`, else exports, else surfaces alone. */
export function readEntry(scope: ManifestScope, kind: RuntimeKind, surfaces: ManifestSurfaces): ManifestEntry {
  if (scope.values['command'] !== undefined) return readProgram(scope) ?? { kind: 'surfaces' };
  if (kind === 'process')
    complain(scope, 'command', 'a package of this runtime needs `command: [program, argument, …]`');
  const main = readText(scope, 'main_module');
  const handler = readHandler(scope, 'entrypoint', (text) => parseHandler(text, kind, main));
  if (handler !== undefined) return { kind: 'entrypoint', handler };
  const { exports } = scope.values as Record<'exports', unknown>;
  const hasExports = Array.isArray(exports) && exports.length > 0;
  const hasMore = hasExports || scope.values['entrypoint'] !== undefined || kind === 'process';
  if (!hasMore && !needsNothingElse(scope, surfaces))
    complain(scope, '', 'nothing can be called: add entrypoint, exports, command, a2a, rest or ui');
  return { kind: hasExports ? 'exports' : 'surfaces' };
}

/** The function behind a Python entrypoint named `main`: such a package is a stdin/stdout program. */
export function stdinMain(kind: RuntimeKind, entry: ManifestEntry): FunctionRef | undefined {
  if (kind !== 'python' || entry.kind !== 'entrypoint' || entry.handler.adapter !== 'function') return undefined;
  return entry.handler.name === 'main' ? entry.handler : undefined;
}
