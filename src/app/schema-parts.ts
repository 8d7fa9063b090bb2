import type { JsonObject } from '../base/index.ts';
import type { OpenSchemas } from '../control/index.ts';
import type { RegistryRest, SchemaRegistry, SchemaStorage } from '../log/schema/index.ts';
import type { Store } from '../store/index.ts';
import type { SchemaRegistryConfig } from './schema-config.ts';
import { createSchemaCopy, type SchemaCopyTarget } from './schema-copy.ts';

/** What a node has of schemas: nothing is loaded, read or connected to before somebody asks. */
export interface SchemaParts {
  readonly open: OpenSchemas;
  /** The JSON Schema of `subject` or `subject@version`. NOT_FOUND. */
  find(name: string): Promise<JsonObject>;
  /** The REST API of the node's own registry; undefined when it uses another. */
  readonly rest: (() => Promise<RegistryRest>) | undefined;
  close(): Promise<void>;
}

interface Opened {
  readonly registry: SchemaRegistry;
  readonly rest: RegistryRest | undefined;
  close(): Promise<void>;
}

/** The registry as it is configured: the store's own, with a copy in the log if there is one, or the one at an address. */
export function createSchemaParts({ url }: SchemaRegistryConfig, store: Store, target?: SchemaCopyTarget): SchemaParts {
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    opened ??= url === undefined ? openEmbedded(store, target) : openRemote(url);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  const rest = async (): Promise<RegistryRest> => (await open()).rest as RegistryRest;
  const find = async (name: string): Promise<JsonObject> => {
    const [subject = '', version] = name.split('@');
    const { registry } = await open();
    const { schema } = await registry.getVersion(subject, version === undefined ? 'latest' : Number(version));
    return (await import('../log/schema/index.ts')).toJsonSchema(schema);
  };
  return {
    find,
    open: async () => (await open()).registry,
    rest: url === undefined ? rest : undefined,
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

async function openEmbedded(store: Store, target: SchemaCopyTarget | undefined): Promise<Opened> {
  const schemas = await import('../log/schema/index.ts');
  const storage = createStorage(store);
  const copy = target && createSchemaCopy(storage, target);
  await copy?.restore();
  const registry = schemas.createEmbeddedRegistry(copy?.storage ?? storage);
  const { lastId } = await registry.look();
  if (lastId === 0) await schemas.ensureOwnSubjects(registry, schemas.readOwnSubjects());
  copy?.nudge();
  return { registry, rest: schemas.createRegistryRest(registry), close: async () => copy?.close() };
}

async function openRemote(url: string): Promise<Opened> {
  const [{ createHttpRegistry }, { createHttpClient }] = await Promise.all([
    import('../log/schema/index.ts'),
    import('../drivers/http/index.ts'),
  ]);
  const http = createHttpClient({ allow: { kind: 'origins', origins: [new URL(url).origin] } });
  const registry = createHttpRegistry({ url, http });
  return { registry, rest: undefined, close: () => registry.close() };
}

/** One journal for the registry as a whole: its expected version is what keeps two nodes from giving out one id. */
const kind = 'schema-registry';
const key = '_schemas';

function createStorage(store: Store): SchemaStorage {
  return {
    read: async (after) => (await store.read(kind, key, after)).map(({ event }) => event),
    append: (after, events) => store.commit({ key, append: { kind, expectedVersion: after, events } }),
  };
}
