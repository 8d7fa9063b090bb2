import type { Codec } from './codec.ts';
import { invalidField } from './fields/violation.ts';
import type { GetTaskRequest, ListTasksRequest } from './model.ts';

/** The parameters of `GET /tasks`. Booleans are `true` and `false`; an empty value counts as not given. */
export function decodeListQuery(codec: Codec, query: URLSearchParams): ListTasksRequest {
  const fields = collectQuery(query);
  const include = fields['includeArtifacts'] ?? fields['include_artifacts'];
  delete fields['include_artifacts'];
  return codec.decodeListTasks({ ...fields, includeArtifacts: parseBoolean(include, 'includeArtifacts') });
}

/** The path's id and the parameters of `GET /tasks/{id}`. */
export function decodeGetQuery(codec: Codec, id: string, query: URLSearchParams): GetTaskRequest {
  return codec.decodeGetTask({ ...collectQuery(query), id });
}

function collectQuery(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([, value]) => value !== ''));
}

function parseBoolean(value: string | undefined, field: string): boolean | undefined {
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false') throw invalidField(field, 'must be true or false');
  return value === 'true';
}
