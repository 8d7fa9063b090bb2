import { dirname, join } from 'node:path';
import type { Clock } from '../../base/index.ts';
import type { Guard } from '../supervisor/guard.ts';
import {
  type EnvironmentRequest,
  noEnvironment,
  type PreparedEnvironment,
  type Workshop,
} from './environment-request.ts';
import type { EnvironmentSettings } from './environment-settings.ts';
import { EnvironmentStore } from './environment-store.ts';
import { pickInstallerEnvironment } from './installer-environment.ts';
import { askInterpreter, type PythonFacts } from './interpreter-facts.ts';
import { prepareNode } from './node-environment.ts';
import { preparePython } from './python-environment.ts';

export type { EnvironmentRequest, PreparedEnvironment } from './environment-request.ts';

/** Makes and keeps what packages depend on. */
export interface Environments {
  /**
   * What the package's processes run in; made when it is not there yet. Throws ENVIRONMENT_FAILED, with the installer's last
   * lines in `details.error`, or STORE_FULL.
   */
  prepare(request: EnvironmentRequest): Promise<PreparedEnvironment>;
  /** Removes what is half-made and what no deployment has asked for in a long time. */
  sweep(): Promise<void>;
  /** Ends the installers that run. */
  close(): void;
}

export interface EnvironmentsOptions {
  /** Absolute; the environments lie beside it. */
  readonly packagesFolder: string;
  readonly interpreters: { readonly node: string; readonly python: string };
  readonly nodeEnvironment: Readonly<Record<string, string | undefined>>;
  readonly environments: EnvironmentSettings;
  readonly clock: Clock;
}

/** The environments of one runtime, in the folder `environments` beside its packages. No other process uses it. */
export function createEnvironments(options: EnvironmentsOptions, guard: Pick<Guard, 'add' | 'remove'>): Environments {
  const { packagesFolder, interpreters, nodeEnvironment, environments: settings, clock } = options;
  const root = join(dirname(packagesFolder), 'environments');
  const environment = pickInstallerEnvironment(nodeEnvironment);
  const closing = new AbortController();
  const { installTimeoutMs: timeoutMs, installMemoryBytes: memoryBytes } = settings;
  const host = { guard, clock, environment, timeoutMs, memoryBytes, signal: closing.signal };
  let facts: Promise<PythonFacts> | undefined;
  const python = (): Promise<PythonFacts> => {
    facts ??= askInterpreter(host, interpreters.python, dirname(root)).catch((thrown: unknown) => {
      facts = undefined;
      throw thrown;
    });
    return facts;
  };
  const store = new EnvironmentStore(root);
  const workshop: Workshop = { store, host, root, interpreters, python };
  return {
    prepare: (request) => prepareEnvironment(workshop, request),
    sweep: () => store.sweep(clock.now() - settings.keepMs),
    close: () => closing.abort(),
  };
}

/** By what runs the package; a program of its own gets what it asks for in a file. */
async function prepareEnvironment(workshop: Workshop, request: EnvironmentRequest): Promise<PreparedEnvironment> {
  const { entry, runtime } = request.installed.manifest;
  const first = entry.kind === 'program' ? entry.command[0] : undefined;
  const kind = first === '{python}' ? 'python' : first === '{node}' ? 'node' : runtime.kind;
  if (kind === 'python') return preparePython(workshop, request, 'imports');
  if (kind === 'node') return prepareNode(workshop, request);
  const python = await preparePython(workshop, request, 'requirements');
  return python === noEnvironment ? prepareNode(workshop, request) : python;
}
