import type { JsonObject } from '../../base/index.ts';
import type { AgentCard } from '../../protocol/index.ts';
import type { SkillRecord } from '../record.ts';

/** Names the extension of the agent card that tells the schemas of skills; `params.skills`: skill id → `{ input?, output? }`. */
export const schemaExtensionUri = 'urn:parley:skill-schemas:v1';

type Extensions = Required<AgentCard['capabilities']>['extensions'];

/** What a card says of the schemas of these skills; nothing when they have none. A caller need not know the extension. */
export function createSchemaExtension(skills: readonly SkillRecord[]): Extensions {
  const entries = skills.flatMap(({ id, inputSchema, outputSchema }): [string, JsonObject][] => {
    if (inputSchema === undefined && outputSchema === undefined) return [];
    return [[id, { ...(inputSchema && { input: inputSchema }), ...(outputSchema && { output: outputSchema }) }]];
  });
  if (entries.length === 0) return [];
  const description = 'JSON Schemas of what the skills take and give; they are enforced.';
  return [{ uri: schemaExtensionUri, description, params: { skills: Object.fromEntries(entries) } }];
}
