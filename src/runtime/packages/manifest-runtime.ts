import { isObject } from '../../base/index.ts';
import type { RuntimeKind } from './handler-spec.ts';
import { complain, type ManifestScope, readText } from './manifest-scope.ts';

/** What the package runs on, and the version that it asks for, as the author wrote it (empty: any). */
export interface ManifestRuntime {
  readonly kind: RuntimeKind;
  readonly requirement: string;
}

const known = /^(node|nodejs|python|process|go)[-_ ]?(\d+(?:\.\d+)*(?:\.x)?)?$/i;
/** Fields that name code: without any of them nothing is run. */
const codeKeys = ['entrypoint', 'main_module', 'exports', 'rest', 'a2a'];
const howTo = 'write node24, python3.11 or process';

function fromName(text: string): ManifestRuntime | undefined {
  const [, name = '', version = ''] = known.exec(text.trim()) ?? [];
  if (name === '') return undefined;
  const family = name.toLowerCase();
  const kind = family === 'nodejs' ? 'node' : family === 'go' ? 'process' : (family as RuntimeKind);
  return { kind, requirement: version };
}

function fromMap(value: Record<string, unknown>): ManifestRuntime | undefined {
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0) return undefined;
  const base = fromName(entry[0]);
  const requirement = typeof entry[1] === 'string' || typeof entry[1] === 'number' ? String(entry[1]) : undefined;
  return base === undefined || requirement === undefined ? undefined : { ...base, requirement };
}

function guess(scope: ManifestScope): ManifestRuntime {
  if (scope.values['command'] !== undefined) return { kind: 'process', requirement: '' };
  const code = codeKeys.map((key) => scope.values[key]).filter((value) => value !== undefined);
  if (code.length === 0) return { kind: 'python', requirement: '' };
  const handlers = JSON.stringify(code);
  const kind = /\.[cm]?[jt]s[":]/.test(handlers) ? 'node' : 'python';
  scope.source.problems.warn('runtime', `this is missing and ${kind} is assumed; ${howTo}`);
  return { kind, requirement: '' };
}

/** Reads `runtime`: a name with a version, or a map of one name to a requirement; guessed with a warning when it is missing. */
export function readRuntime(scope: ManifestScope): ManifestRuntime {
  const value = scope.values['runtime'] ?? undefined;
  if (value === undefined) return guess(scope);
  const runtime = isObject(value) ? fromMap(value) : fromName(readText(scope, 'runtime') ?? '');
  if (runtime === undefined)
    complain(scope, 'runtime', `this runtime is not known; ${howTo}, or a map such as {python: ">=3.8"}`);
  return runtime ?? { kind: 'python', requirement: '' };
}
