import { ParleyError } from '../../base/index.ts';

/** One field that is missing or wrong. `field` is its path in camelCase: `message.parts[0].raw`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** The path of `key` below `parent`; the root's own path is empty. */
export function joinPath(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** INVALID_PARAMS that names the field; `details.violations` holds the same for machines. */
export function invalidField(path: string, description: string): ParleyError {
  const field = path === '' ? 'request' : path;
  const violations: readonly FieldViolation[] = [{ field, description }];
  return new ParleyError('INVALID_PARAMS', `${field} ${description}.`, { details: { violations } });
}
