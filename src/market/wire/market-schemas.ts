import { readFileSync } from 'node:fs';
import { hasCode } from '../../base/index.ts';
import { type CompatibilityLevel, readOwnSubjects, type SchemaRegistry } from '../../log/schema/index.ts';
import type { MarketTopic } from './records.ts';

/** The schemas of one topic's values. */
export interface TopicSchemas {
  readonly subject: string;
  readonly compatibility: CompatibilityLevel;
  /** The original's, also that of its messages without a head; undefined: the topic is ours alone. JSON text. */
  readonly original: string | undefined;
  /** What we write and read: the original's with optional fields behind. JSON text. */
  readonly own: string;
}

const files: Readonly<Record<MarketTopic, string>> = {
  'task-requests': 'TaskRequest.v2',
  'task-responses': 'TaskResponse.v2',
  negotiations: 'NegotiationMessage',
  'task-awards': 'TaskAward',
};

/** The schemas of all topics of the market. Read from `schemas/` of the product. */
export function readMarketSchemas(): Readonly<Record<MarketTopic, TopicSchemas>> {
  const originals = new Map(readOwnSubjects().map((subject) => [subject.topic, subject]));
  const read = (topic: MarketTopic): TopicSchemas => ({
    subject: `${topic}-value`,
    compatibility: originals.get(topic)?.compatibility ?? 'BACKWARD',
    original: originals.get(topic)?.schema,
    own: readFileSync(new URL(`../../../schemas/${files[topic]}.avsc`, import.meta.url), 'utf8'),
  });
  return {
    'task-requests': read('task-requests'),
    'task-responses': read('task-responses'),
    negotiations: read('negotiations'),
    'task-awards': read('task-awards'),
  };
}

/**
 * Registers the schemas that we write with; a subject that is not there yet begins with the original's, and with its level. What an operator
 * or others have set is left as it is: a subject that does not let ours in holds up no other, and says so when something is written with it.
 */
export async function ensureMarketSubjects(
  registry: Pick<SchemaRegistry, 'listSubjects' | 'register' | 'setCompatibility'>,
  schemas: Readonly<Record<MarketTopic, TopicSchemas>>,
): Promise<void> {
  const there = new Set(await registry.listSubjects());
  for (const { subject, compatibility, original, own } of Object.values(schemas)) {
    if (!there.has(subject)) {
      await registry.register(subject, original ?? own);
      await registry.setCompatibility(compatibility, subject);
    }
    await registry.register(subject, own).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'SCHEMA_INCOMPATIBLE')) throw thrown;
    });
  }
}
