import { isObject } from '../../base/index.ts';
import { checkNesting } from './nesting.ts';
import type { Read } from './read.ts';
import { invalidField } from './violation.ts';

/** Reads a whole request or answer: an object, within the limits of nesting. */
export function readRoot<T>(read: Read<T>, json: unknown): T {
  if (!isObject(json)) throw invalidField('', 'must be a JSON object');
  checkNesting(json);
  return read(json, '', '');
}
