import { readFileSync } from 'node:fs';
import type { CompatibilityLevel } from './compatibility.ts';
import type { SchemaRegistry } from './port.ts';

/** A topic of ours with the schema of its values. */
export interface OwnSubject {
  readonly topic: string;
  readonly subject: string;
  readonly compatibility: CompatibilityLevel;
  /** JSON text; also that of messages without a head, which the original writes. */
  readonly schema: string;
}

const files = [
  ['task-requests', 'TaskRequest', 'FORWARD'],
  ['task-responses', 'TaskResponse', 'BACKWARD'],
  ['negotiations', 'NegotiationMessage', 'FULL'],
] as const;

/** The topics of requesters, providers and executors. Read from `schemas/` of the product. */
export function readOwnSubjects(): readonly OwnSubject[] {
  return files.map(([topic, name, compatibility]) => ({
    ...{ topic, subject: `${topic}-value`, compatibility },
    schema: readFileSync(new URL(`../../../schemas/${name}.avsc`, import.meta.url), 'utf8'),
  }));
}

/** Sees to it that the registry has each of them; what an operator has set is left as it is. SCHEMA_INCOMPATIBLE. */
export async function ensureOwnSubjects(registry: SchemaRegistry, own: readonly OwnSubject[]): Promise<void> {
  const there = new Set(await registry.listSubjects());
  for (const { subject, schema, compatibility } of own) {
    if (there.has(subject)) continue;
    await registry.register(subject, schema);
    await registry.setCompatibility(compatibility, subject);
  }
}
