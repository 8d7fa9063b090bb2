import type { ChangeVerdict, CompatibilityLevel } from '../../log/schema/index.ts';
import type { SchemaControl, SchemaDiff, SchemaView, SubjectView } from '../schemas/schema-control.ts';
import type { NodeConnection } from './node-connection.ts';

/** Schemas by way of a node: what an operator can do with them there. */
export type SchemaClient = SchemaControl;

const root = '/api/v1/schemas';

/** The part of a client that is about schemas. */
export function createSchemaClient(connection: NodeConnection): SchemaClient {
  const pathOf = (subject: string, rest = ''): string => `${root}/${encodeURIComponent(subject)}${rest}`;
  const get = (path: string, query: Readonly<Record<string, number | undefined>> = {}): Promise<unknown> =>
    connection.json({ method: 'GET', path: path + formatQuery(query) });
  const post = (path: string, body: object): Promise<unknown> => connection.json({ method: 'POST', path, body });
  return {
    list: async () => ((await get(root)) as { subjects: SubjectView[] }).subjects,
    show: (subject, version) => get(pathOf(subject), { version }) as Promise<SchemaView>,
    check: (subject, schema) => post(pathOf(subject, '/check'), { schema }) as Promise<ChangeVerdict>,
    register(subject, schema, compatibility?: CompatibilityLevel) {
      const body = { schema, ...(compatibility !== undefined && { compatibility }) };
      return post(pathOf(subject, '/register'), body) as Promise<SchemaView>;
    },
    diff: (subject, { from, to } = {}) => get(pathOf(subject, '/diff'), { from, to }) as Promise<SchemaDiff>,
  };
}

function formatQuery(values: Readonly<Record<string, number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return given.length === 0 ? '' : `?${given.join('&')}`;
}
