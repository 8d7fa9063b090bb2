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

/** Judges by the rules of our own, whoever's registry it is: the answer names fields. SCHEMA_INVALID. */
export async function explainChange(registry: SchemaRegistry, subject: string, schema: string): Promise<ChangeVerdict> {
  const type = parseSchema(schema);
  const level = await registry.getCompatibility(subject);
  const versions = level === 'NONE' ? [] : await listVersions(registry, subject);
  const wanted = level.endsWith('_TRANSITIVE') ? versions : versions.slice(-1);
  const earlier: EarlierVersion[] = [];
  for (const version of wanted) {
    const { schema: text } = await registry.getVersion(subject, version);
    earlier.push({ version, type: parseSchema(text) });
  }
  const violations = findViolations(type, earlier, level);
  return { compatible: violations.length === 0, level, versions: wanted, violations };
}

async function listVersions(registry: SchemaRegistry, subject: string): Promise<readonly number[]> {
  try {
    return await registry.listVersions(subject);
  } catch (thrown) {
    if (hasCode(thrown, 'NOT_FOUND')) return [];
    throw thrown;
  }
}
