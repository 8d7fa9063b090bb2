import type { HttpSpec, WireSkill } from '../worker-protocol/frames.ts';
import { stdinMain } from './manifest-entry.ts';
import type { FunctionRef, Manifest, ManifestSkill } from './manifest-model.ts';
import { pythonMainRunner } from './python-main.ts';

/** A host process that loads the skills, and serves what of the package speaks HTTP. */
export interface HostPlan {
  readonly kind: 'node' | 'python';
  readonly skills: readonly WireSkill[];
  readonly http?: HttpSpec;
  /** True: there is a service, which may bring gRPC of its own. */
  readonly grpc?: true;
}

/** A program that runs once per call, and a host beside it for what the program does not do. */
export interface ProgramPlan {
  readonly kind: 'program';
  readonly command: readonly string[];
  readonly cwdRelative: string;
  readonly skills: readonly string[];
  readonly beside?: HostPlan;
}

/**
 * How a package is started. `page`: no process at all, there is nothing but files to serve. `{node}` and `{python}` as a
 * command's first word stand for the configured interpreters; `cwdRelative` is a folder of the package.
 */
export type LaunchPlan = HostPlan | ProgramPlan | { readonly kind: 'page' };

/** The id under which a host is told of an a2a service whose handlers only the host can list. */
const serviceSkillId = '*';

function createProgram(manifest: Manifest, command: readonly string[]): ProgramPlan {
  const asked = manifest.skills.filter(({ handler }) => handler?.adapter !== 'custom-handlers');
  const skills = asked.map((skill) => skill.id);
  const beside = createHost(manifest, []);
  const needsHost = beside.skills.length > 0 || beside.http !== undefined;
  return { kind: 'program', command, cwdRelative: '.', skills, ...(needsHost && { beside }) };
}

/** `main` as a program, unless an export brought a handler of its own: then a host loads those. */
function programMain(manifest: Manifest): FunctionRef | undefined {
  const main = stdinMain(manifest.runtime.kind, manifest.entry);
  const asksMain = ({ handler }: ManifestSkill) =>
    handler?.adapter === 'custom-handlers' ||
    (handler?.adapter === 'function' && handler.module === main?.module && handler.name === main.name);
  return manifest.skills.every(asksMain) ? main : undefined;
}

function createHost(manifest: Manifest, skills: readonly ManifestSkill[]): HostPlan {
  const { surfaces, runtime } = manifest;
  const named = skills.flatMap(({ id, handler }) =>
    handler === undefined || handler.adapter === 'custom-handlers' ? [] : [{ id, handler }],
  );
  const { service, httpServer } = surfaces.a2a ?? {};
  const mount = surfaces.rest?.entry;
  const http = { ...(mount && { mount }), ...(httpServer && { a2a: httpServer }) };
  return {
    kind: runtime.kind === 'node' ? 'node' : 'python',
    skills:
      service === undefined
        ? named
        : [...named, { id: serviceSkillId, handler: { adapter: 'custom-handlers', ...service } }],
    ...((mount ?? httpServer) !== undefined && { http }),
    ...((service ?? httpServer) !== undefined && { grpc: true as const }),
  };
}

/** Decides from the manifest alone. */
export function createLaunchPlan(manifest: Manifest): LaunchPlan {
  const { entry } = manifest;
  if (entry.kind === 'program') return createProgram(manifest, entry.command);
  const main = programMain(manifest);
  if (main !== undefined) return createProgram(manifest, ['{python}', '-c', pythonMainRunner, main.module, main.name]);
  const host = createHost(manifest, manifest.skills);
  const idle = entry.kind === 'surfaces' && host.skills.length === 0 && host.http === undefined;
  return idle ? { kind: 'page' } : host;
}
