import { hasCode, type JsonObject, ParleyError } from '../../base/index.ts';
import type { FieldViolation, Part } from '../../protocol/index.ts';
import type { SkillRecord } from '../record.ts';
import { argumentsOf } from './arguments-of.ts';
import { createSchemaCheck } from './create-schema-check.ts';

/**
 * Lets through what the skill's input schema takes. Throws INVALID_PARAMS with `details.violations` (`field` is a JSON pointer
 * into the arguments), and PAYLOAD_TOO_LARGE for what cannot be checked in bounded time.
 */
export function checkArguments(skill: SkillRecord, parts: readonly Part[]): void {
  if (skill.inputSchema === undefined) return;
  const violations = createSchemaCheck(skill.inputSchema)(argumentsOf(parts, skill.id));
  if (violations.length === 0) return;
  throw new ParleyError(
    'INVALID_PARAMS',
    `Skill ${skill.id} does not take this input: ${format(violations, 'input')}.`,
    {
      details: { skill: skill.id, violations },
    },
  );
}

/**
 * Lets through the result of a call that fits the skill's output schema: its data, or its text when it has none. Files and
 * chunks are not looked at. Throws OUTPUT_INVALID with `details.violations`.
 */
export function checkResult(skill: SkillRecord, parts: readonly Part[]): void {
  const { outputSchema, id } = skill;
  if (outputSchema === undefined) return;
  const violations = resultsOf(parts).flatMap((value) => judgeResult(outputSchema, value, id));
  if (violations.length === 0) return;
  throw outputInvalid(id, format(violations, 'result'), violations);
}

function judgeResult(schema: JsonObject, value: unknown, skill: string): readonly FieldViolation[] {
  try {
    return createSchemaCheck(schema)(value);
  } catch (thrown) {
    if (!hasCode(thrown, 'PAYLOAD_TOO_LARGE')) throw thrown;
    throw outputInvalid(skill, 'it is too large, or too deeply nested, to be checked', [], thrown);
  }
}

function outputInvalid(
  skill: string,
  why: string,
  violations: readonly FieldViolation[],
  cause?: unknown,
): ParleyError {
  const message = `Skill ${skill} answered with something that its output schema does not allow: ${why}.`;
  return new ParleyError('OUTPUT_INVALID', message, { details: { skill, violations }, cause });
}

/** What of a result has a schema. */
function resultsOf(parts: readonly Part[]): readonly unknown[] {
  const values = parts.flatMap((part) => ('data' in part ? [part.data] : []));
  return values.length > 0 ? values : parts.flatMap((part) => ('text' in part ? [part.text] : []));
}

function format(violations: readonly FieldViolation[], whole: string): string {
  return violations
    .map(({ field, description }) => `${field === '' ? `the ${whole}` : field} ${description}`)
    .join('; ');
}
