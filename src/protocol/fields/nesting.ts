import { invalidField } from './violation.ts';

/** As deep as Protocol Buffers' own parsers go. */
const maxNestingDepth = 100;
/** Values of every kind in one request or answer; what a body of the allowed size needs at most. */
const maxValues = 2_000_000;

/** Refuses JSON that is nested too deep or has too many values, so that nothing behind it has to recurse without an end. */
export function checkNesting(json: Readonly<Record<string, unknown>>): void {
  let left = maxValues;
  for (const name in json) {
    left = visit(json[name], 1, left);
    if (left === tooDeep) throw invalidField(name, `is nested deeper than ${maxNestingDepth} levels`);
    if (left < 0) throw invalidField(name, `brings the request over ${maxValues} values`);
  }
}

const tooDeep = Number.NEGATIVE_INFINITY;

/** How many values are left to visit; negative when there were too many, `tooDeep` when it went too deep. */
function visit(value: unknown, depth: number, budget: number): number {
  if (typeof value !== 'object' || value === null) return budget - 1;
  if (depth >= maxNestingDepth) return tooDeep;
  return Array.isArray(value) ? visitList(value, depth, budget - 1) : visitObject(value, depth, budget - 1);
}

function visitList(list: readonly unknown[], depth: number, budget: number): number {
  let left = budget;
  for (let index = 0; index < list.length && left >= 0; index++) left = visit(list[index], depth + 1, left);
  return left;
}

function visitObject(object: object, depth: number, budget: number): number {
  let left = budget;
  for (const name in object) {
    if (left < 0) break;
    left = visit((object as Record<string, unknown>)[name], depth + 1, left);
  }
  return left;
}
