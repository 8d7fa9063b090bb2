import { type CompatibilityLevel, compatibilityLevels } from './compatibility.ts';
import { decideLevel, decideMode } from './registry-decisions.ts';
import { registryError } from './registry-error.ts';
import { levelOf, modeOf } from './registry-queries.ts';
import type { RegistryMode } from './registry-record.ts';
import { placeOf, type RegistryCall, type RegistryRoute, route } from './rest-route.ts';

/** Compatibility levels and modes, of the registry and of subjects. */
export const configRoutes: readonly RegistryRoute[] = [
  route('GET', '/config', async (registry) => ({ compatibilityLevel: levelOf(await registry.look(), null) })),
  route('GET', '/config/{}', async (registry, call) => {
    const subject = placeOf(call, 0);
    const state = await registry.look();
    if (!state.levels.has(subject) && !call.isSet('defaultToGlobal'))
      throw registryError(40408, `Subject '${subject}' does not have subject-level compatibility configured`);
    return { compatibilityLevel: levelOf(state, subject) };
  }),
  ...['/config', '/config/{}'].map((path) =>
    route('PUT', path, async (registry, call) => {
      const level = readLevel(call);
      await registry.change((state) => decideLevel(state, { subject: subjectOf(call), level }));
      return { compatibility: level };
    }),
  ),
  ...['/config', '/config/{}'].map((path) =>
    route('DELETE', path, async (registry, call) => {
      const subject = subjectOf(call);
      const earlier = levelOf(await registry.look(), subject);
      await registry.change((state) => decideLevel(state, { subject, level: null }));
      return { compatibilityLevel: earlier };
    }),
  ),
  route('GET', '/mode', async (registry) => ({ mode: modeOf(await registry.look(), null) })),
  route('GET', '/mode/{}', async (registry, call) => {
    const subject = placeOf(call, 0);
    const state = await registry.look();
    if (!state.modes.has(subject) && !call.isSet('defaultToGlobal'))
      throw registryError(40409, `Subject '${subject}' does not have subject-level mode configured`);
    return { mode: modeOf(state, subject) };
  }),
  ...['/mode', '/mode/{}'].map((path) =>
    route('PUT', path, async (registry, call) => {
      const mode = readMode(call);
      await registry.change(() => decideMode(subjectOf(call), mode));
      return { mode };
    }),
  ),
  route('DELETE', '/mode/{}', async (registry, call) => {
    const subject = subjectOf(call);
    const earlier = modeOf(await registry.look(), subject);
    await registry.change(() => decideMode(subject, null));
    return { mode: earlier };
  }),
];

/** Null: the registry as a whole. */
function subjectOf(call: RegistryCall): string | null {
  return call.places.length === 0 ? null : placeOf(call, 0);
}

function readLevel(call: RegistryCall): CompatibilityLevel {
  const given = String(call.body()['compatibility']).toUpperCase();
  const level = compatibilityLevels.find((name) => name === given);
  if (level !== undefined) return level;
  const hint =
    'Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive';
  throw registryError(42203, `Invalid compatibility level. ${hint}`);
}

const modes: readonly RegistryMode[] = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE'];

function readMode(call: RegistryCall): RegistryMode {
  const given = String(call.body()['mode']).toUpperCase();
  const mode = modes.find((name) => name === given);
  if (mode !== undefined) return mode;
  throw registryError(42204, 'Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE');
}
