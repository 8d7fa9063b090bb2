import { registryError } from './registry-error.ts';
import { requireId, versionsOfId } from './registry-queries.ts';
import { placeOf, type RegistryCall, type RegistryRoute, route } from './rest-route.ts';

/** Schemas by their ids, and what clients ask for to see whether somebody is there. */
export const schemaRoutes: readonly RegistryRoute[] = [
  route('GET', '', () => ({})),
  route('GET', '/contexts', () => ['.']),
  route('GET', '/schemas/types', () => ['AVRO']),
  route('GET', '/schemas/ids/{}', async (registry, call) => {
    const { schema } = requireId(await registry.look(), idOf(call));
    return { schema };
  }),
  route('GET', '/schemas/ids/{}/schema', async (registry, call) =>
    JSON.parse(requireId(await registry.look(), idOf(call)).schema),
  ),
  route('GET', '/schemas/ids/{}/subjects', async (registry, call) => {
    const versions = versionsOfId(await registry.look(), idOf(call), call.isSet('deleted'));
    return [...new Set(versions.map(({ subject }) => subject))];
  }),
  route('GET', '/schemas/ids/{}/versions', async (registry, call) => {
    const versions = versionsOfId(await registry.look(), idOf(call), call.isSet('deleted'));
    return versions.map(({ subject, version }) => ({ subject, version }));
  }),
];

function idOf(call: RegistryCall): number {
  const text = placeOf(call, 0);
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw registryError(404, `HTTP 404 Not Found: "${text.slice(0, 64)}" is no id`);
}
