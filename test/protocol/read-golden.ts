import assert from 'node:assert/strict';
import { isObject } from '../../src/base/index.ts';
import { type Codec, findOperation, type Operation, operations, resolveVersion } from '../../src/protocol/index.ts';
import type { GoldenRequest } from './golden-request.ts';

/** What the front door reads out of a request before its codec does. */
export interface Reading {
  readonly codec: Codec;
  readonly binding: 'json-rpc' | 'rest';
  readonly operation: Operation;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
}

/** The request as the front door reads it. */
export function readRequest({ verb, path, version, body }: GoldenRequest): Reading {
  const { pathname, searchParams } = new URL(`http://agent${path.startsWith('/') ? '' : '/'}${path}`);
  const method = body?.['method'];
  if (typeof method === 'string') {
    const codec = resolveVersion({ header: version, method });
    const operation = findOperation(method, codec.version);
    assert.ok(operation, method);
    return { codec, binding: 'json-rpc', operation, params: asObject(body?.['params']), query: searchParams };
  }
  const codec = resolveVersion({ header: version, path: pathname, binding: 'rest' });
  const found = operations.flatMap((operation) => {
    const routes = codec.version === '0.3' ? operation.v03.routes : operation.routes;
    return routes.flatMap((route) => {
      const match = route.verb === verb ? matchPath(route.path, pathname) : undefined;
      return match ? [{ operation, places: match }] : [];
    });
  });
  assert.equal(found.length, 1, `${verb} ${pathname}`);
  const [{ operation, places }] = found as [{ operation: Operation; places: Record<string, string> }];
  return { codec, binding: 'rest', operation, params: { ...body, ...places }, query: searchParams };
}

function matchPath(route: string, path: string): Record<string, string> | undefined {
  const pattern = route.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/:]+)');
  const groups = new RegExp(`^${pattern}$`).exec(path);
  if (!groups) return undefined;
  const { id, configId } = groups.groups ?? {};
  // In the paths of webhooks `id` is the task's.
  if (route.includes('pushNotificationConfigs')) return { taskId: id ?? '', ...(configId && { id: configId }) };
  return id === undefined ? {} : { id };
}

/** The value, which must be an object. */
export function asObject(value: unknown): Record<string, unknown> {
  assert.ok(isObject(value));
  return value;
}
