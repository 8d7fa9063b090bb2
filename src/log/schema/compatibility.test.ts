import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompatibilityLevel, findViolations, parseCompatibilityLevel } from './compatibility.ts';
import { parseSchema } from './parse-schema.ts';

const job = (...fields: readonly string[]): string =>
  JSON.stringify({
    type: 'record',
    name: 'Job',
    fields: fields.map((field) => {
      const [name, type, fallback] = field.split(' ');
      return { name, type, ...(fallback !== undefined && { default: JSON.parse(fallback) }) };
    }),
  });

const violationsOf = (level: CompatibilityLevel, next: string, ...earlier: readonly string[]): readonly string[] =>
  findViolations(
    parseSchema(next),
    earlier.map((text, index) => ({ version: index + 1, type: parseSchema(text) })),
    level,
  ).map(({ field, breaks, version }) => `${field} ${breaks} ${version}`);

const one = job('id string');
const withDefault = job('id string', 'note string "n"');
const without = job('id string', 'note string');

const cases: readonly (readonly [
  what: string,
  level: CompatibilityLevel,
  next: string,
  earlier: string[],
  wrong: string[],
])[] = [
  ['a new field with a default', 'BACKWARD', withDefault, [one], []],
  ['a new field without one', 'BACKWARD', without, [one], ['note new-readers 1']],
  ['a new field without one', 'FORWARD', without, [one], []],
  ['a removed field without a default', 'FORWARD', one, [without], ['note old-readers 1']],
  ['a removed field without a default', 'BACKWARD', one, [without], []],
  ['a removed field with a default', 'FULL', one, [withDefault], []],
  ['a new field without a default', 'FULL', without, [one], ['note new-readers 1']],
  ['a removed field without a default', 'FULL', one, [without], ['note old-readers 1']],
  ['another type', 'FULL', job('id int'), [one], ['id new-readers 1', 'id old-readers 1']],
  ['a wider type', 'BACKWARD', job('n long'), [job('n int')], []],
  ['a wider type', 'FORWARD', job('n long'), [job('n int')], ['n old-readers 1']],
  ['what only the first version minds', 'BACKWARD', without, [one, withDefault], []],
  ['what only the first version minds', 'BACKWARD_TRANSITIVE', without, [one, withDefault], ['note new-readers 1']],
  ['what only the first version minds', 'FORWARD_TRANSITIVE', one, [without, withDefault], ['note old-readers 1']],
  ['what only the first version minds', 'FORWARD', one, [without, withDefault], []],
  ['what only the first version minds', 'FULL_TRANSITIVE', one, [without, withDefault], ['note old-readers 1']],
  ['whatever', 'NONE', job('x int'), [one], []],
  ['the first version', 'FULL_TRANSITIVE', one, [], []],
];

for (const [what, level, next, earlier, wrong] of cases) {
  test(`${level} ${wrong.length === 0 ? 'lets through' : 'refuses'} ${what} (${earlier.length} earlier)`, () => {
    assert.deepEqual(violationsOf(level, next, ...earlier), wrong);
  });
}

test('a violation says which field breaks whom', () => {
  const [violation] = findViolations(parseSchema(without), [{ version: 3, type: parseSchema(one) }], 'BACKWARD');
  assert.equal(
    violation?.message,
    'The field note is not written, and has no default: who reads with the new schema cannot read what version 3 wrote.',
  );
});

test('a level is known in small letters, too, and an unknown one is refused with those that there are', () => {
  assert.equal(parseCompatibilityLevel('full_transitive'), 'FULL_TRANSITIVE');
  assert.throws(() => parseCompatibilityLevel('SOME'), /BACKWARD_TRANSITIVE/);
});
