import type { WireSkill } from '../worker-protocol/frames.ts';
import { stdinMain } from './manifest-entry.ts';
import type { FunctionRef, Manifest, ManifestSkill } from './manifest-model.ts';
import { pythonMainRunner } from './python-main.ts';

/**
 * How a package is started: a host process that loads the skills, or a program that runs once per call. `{node}` and
 * `{python}` as a command's first word stand for the configured interpreters; `cwdRelative` is a folder of the package.
 */
export type LaunchPlan =
  | { readonly kind: 'node' | 'python'; readonly skills: readonly WireSkill[] }
  | {
      readonly kind: 'program';
      readonly command: readonly string[];
      readonly cwdRelative: string;
      readonly skills: readonly string[];
    };

/** The id under which a host is told of an a2a service whose handlers only the host can list. */
const serviceSkillId = '*';

function createProgram(manifest: Manifest, command: readonly string[]): LaunchPlan {
  return { kind: 'program', command, cwdRelative: '.', skills: manifest.skills.map((skill) => skill.id) };
}

/** `main` as a program, unless an export brought a handler of its own: then a host loads those. */
function programMain(manifest: Manifest): FunctionRef | undefined {
  const main = stdinMain(manifest.runtime.kind, manifest.entry);
  const asksMain = ({ handler }: ManifestSkill) =>
    handler?.adapter === 'function' && handler.module === main?.module && handler.name === main.name;
  return manifest.skills.every(asksMain) ? main : undefined;
}

function createHostSkills(manifest: Manifest): readonly WireSkill[] {
  const named = manifest.skills.flatMap(({ id, handler }) =>
    handler === undefined || handler.adapter === 'custom-handlers' ? [] : [{ id, handler }],
  );
  const service = manifest.surfaces.a2a?.service;
  if (service === undefined) return named;
  return [...named, { id: serviceSkillId, handler: { adapter: 'custom-handlers', ...service } }];
}

/** Decides from the manifest alone. A package of nothing but surfaces gives a host without skills. */
export function createLaunchPlan(manifest: Manifest): LaunchPlan {
  const { entry, runtime } = manifest;
  if (entry.kind === 'program') return createProgram(manifest, entry.command);
  const main = programMain(manifest);
  if (main !== undefined) return createProgram(manifest, ['{python}', '-c', pythonMainRunner, main.module, main.name]);
  return { kind: runtime.kind === 'node' ? 'node' : 'python', skills: createHostSkills(manifest) };
}
