import { hasCode } from '../../base/index.ts';
import { type CompatibilityLevel, type EarlierVersion, findViolations, type Violation } from './compatibility.ts';
import { parseSchema } from './parse-schema.ts';
import type { SchemaRegistry } from './port.ts';

/** Whether a schema may become a subject's next version, and if not, what it breaks. */
export interface ChangeVerdict {
  readonly compatible: boolean;
  readonly level: CompatibilityLevel;
  /** The versions that it was held against. */
  readonly versions: readonly number[];
  readonly violations: readonly Violation[];
}

/** What is to become the next version of what. */
export interface WantedChange {
  readonly subject: string;
  readonly schema: string;
  /** Default: the subject's own. */
  readonly level?: CompatibilityLevel | undefined;
}

/** Judges by the rules of our own, whoever's registry it is: the answer names fields. SCHEMA_INVALID. */
export async function explainChange(
  registry: SchemaRegistry,
  { subject, schema, level: wanted }: WantedChange,
): Promise<ChangeVerdict> {
  const type = parseSchema(schema);
  const level = wanted ?? (await registry.getCompatibility(subject));
  const versions = level === 'NONE' ? [] : await listVersions(registry, subject);
  const compared = level.endsWith('_TRANSITIVE') ? versions : versions.slice(-1);
  const earlier: EarlierVersion[] = [];
  for (const version of compared) {
    const { schema: text } = await registry.getVersion(subject, version);
    earlier.push({ version, type: parseSchema(text) });
  }
  const violations = findViolations(type, earlier, level);
  return { compatible: violations.length === 0, level, versions: compared, violations };
}

async function listVersions(registry: SchemaRegistry, subject: string): Promise<readonly number[]> {
  try {
    return await registry.listVersions(subject);
  } catch (thrown) {
    if (hasCode(thrown, 'NOT_FOUND')) return [];
    throw thrown;
  }
}
