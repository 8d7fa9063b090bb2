import { toView } from './embedded-registry.ts';
import { decideDeleteSubject, decideDeleteVersion, decideRegister } from './registry-decisions.ts';
import { registryError } from './registry-error.ts';
import { findSchema, judge, parseVersion, versionOf, versionsOf } from './registry-queries.ts';
import type { RegistryState } from './registry-state.ts';
import { placeOf, type RegistryCall, type RegistryRoute, route, schemaOf } from './rest-route.ts';

/** Subjects, their versions, and whether a schema would fit. */
export const subjectRoutes: readonly RegistryRoute[] = [
  route('GET', '/subjects', async (registry, call) => listSubjects(await registry.look(), call)),
  route('GET', '/subjects/{}/versions', async (registry, call) =>
    versionsOf(await registry.look(), placeOf(call, 0), call.isSet('deleted')).map(({ version }) => version),
  ),
  route('GET', '/subjects/{}/versions/{}', async (registry, call) => toView(findVersion(await registry.look(), call))),
  route('GET', '/subjects/{}/versions/{}/schema', async (registry, call) =>
    JSON.parse(findVersion(await registry.look(), call).schema),
  ),
  route('GET', '/subjects/{}/versions/{}/referencedby', async (registry, call) => {
    findVersion(await registry.look(), call);
    return [];
  }),
  route('POST', '/subjects/{}/versions', async (registry, call) => {
    const wanted = { subject: placeOf(call, 0), schema: schemaOf(call) };
    return { id: (await registry.change((state) => decideRegister(state, wanted))).id };
  }),
  route('POST', '/subjects/{}', async (registry, call) => lookUp(await registry.look(), call)),
  route('DELETE', '/subjects/{}', (registry, call) =>
    registry.change((state) =>
      decideDeleteSubject(state, { subject: placeOf(call, 0), permanent: call.isSet('permanent') }),
    ),
  ),
  route('DELETE', '/subjects/{}/versions/{}', (registry, call) => {
    const version = parseVersion(placeOf(call, 1));
    const wanted = { subject: placeOf(call, 0), version, permanent: call.isSet('permanent') };
    return registry.change((state) => decideDeleteVersion(state, wanted));
  }),
  route('POST', '/compatibility/subjects/{}/versions', async (registry, call) =>
    check(await registry.look(), call, undefined),
  ),
  route('POST', '/compatibility/subjects/{}/versions/{}', async (registry, call) =>
    check(await registry.look(), call, parseVersion(placeOf(call, 1))),
  ),
];

function listSubjects({ subjects }: RegistryState, call: RegistryCall): readonly string[] {
  const prefix = call.text('subjectPrefix');
  const withDeleted = call.isSet('deleted');
  return [...subjects]
    .filter(([name, entries]) => name.startsWith(prefix) && (withDeleted || entries.some(({ deleted }) => !deleted)))
    .map(([name]) => name)
    .sort();
}

function findVersion(state: RegistryState, call: RegistryCall): ReturnType<typeof versionOf> {
  const version = parseVersion(placeOf(call, 1));
  return versionOf(state, placeOf(call, 0), { version, withDeleted: call.isSet('deleted') });
}

function lookUp(state: RegistryState, call: RegistryCall): ReturnType<typeof toView> {
  const subject = placeOf(call, 0);
  const withDeleted = call.isSet('deleted');
  versionsOf(state, subject, withDeleted);
  const found = findSchema(state, { subject, schema: schemaOf(call), withDeleted });
  if (found === undefined) throw registryError(40403, 'Schema not found');
  return toView(found);
}

function check(
  state: RegistryState,
  call: RegistryCall,
  version: number | 'latest' | undefined,
): { readonly is_compatible: boolean; readonly messages?: readonly string[] } {
  const violations = judge(state, { subject: placeOf(call, 0), schema: schemaOf(call), version });
  const verdict = { is_compatible: violations.length === 0 };
  return call.isSet('verbose') ? { ...verdict, messages: violations.map(({ message }) => message) } : verdict;
}
