import type { FastifyRequest } from 'fastify';
import { isObject, ParleyError } from '../../base/index.ts';
import type { Codec } from '../../protocol/index.ts';
import { placeOf } from '../edge/request.ts';
import type { OperationInput } from './operation-call.ts';

/** The tenant that the path begins with; '' when it has none. METHOD_NOT_FOUND for `v1`, which leads the paths of 0.3. */
export function readTenantPlace(request: FastifyRequest): string {
  const tenant = placeOf(request, 'tenant');
  if (tenant !== 'v1') return tenant;
  throw new ParleyError('METHOD_NOT_FOUND', 'A2A 0.3 has no such path, and a tenant of 1.0 cannot be called v1.');
}

/** The parameters with the tenant that the path begins with; '' when it has none. The path's wins over a body's. */
export function addTenant(input: OperationInput, tenant: string): OperationInput {
  if (tenant === '') return input;
  if (input.kind === 'json') return { kind: 'json', params: { ...(isObject(input.params) && input.params), tenant } };
  const query = new URLSearchParams(input.query);
  query.set('tenant', tenant);
  return { ...input, query };
}

/** The tenant of a call; undefined when there is none, as always in 0.3. INVALID_PARAMS when it is not text. */
export function readTenant({ version }: Codec, input: OperationInput): string | undefined {
  if (version === '0.3') return undefined;
  const tenant = input.kind === 'query' ? input.query.get('tenant') : tenantOf(input.params);
  if (tenant === undefined || tenant === null || tenant === '') return undefined;
  if (typeof tenant === 'string') return tenant;
  const violations = [{ field: 'tenant', description: 'must be text' }];
  throw new ParleyError('INVALID_PARAMS', 'The tenant must be text.', { details: { violations } });
}

function tenantOf(params: unknown): unknown {
  return isObject(params) ? params['tenant'] : undefined;
}
