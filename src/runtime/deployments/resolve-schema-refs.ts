import { findSchemaFaults } from '../../agents/index.ts';
import { type JsonObject, ParleyError } from '../../base/index.ts';
import type { Manifest, ManifestSkill } from '../packages/manifest-model.ts';

/** Finds the JSON Schema of a schema that is named as `subject` or `subject@version`. */
export type FindSchema = (name: string) => Promise<JsonObject>;

/**
 * The manifest with the schemas that its skills name, as they are now: a deployment keeps them, whatever is registered later.
 * MANIFEST_INVALID for one that is not there or cannot be enforced.
 */
export async function resolveSchemaRefs(manifest: Manifest, find: FindSchema | undefined): Promise<Manifest> {
  const names = (skill: ManifestSkill): boolean =>
    skill.inputSchemaRef !== undefined || skill.outputSchemaRef !== undefined;
  if (!manifest.skills.some(names)) return manifest;
  const skills = await Promise.all(manifest.skills.map((skill) => (names(skill) ? resolveSkill(skill, find) : skill)));
  return { ...manifest, skills };
}

async function resolveSkill(skill: ManifestSkill, find: FindSchema | undefined): Promise<ManifestSkill> {
  const { id, inputSchemaRef, outputSchemaRef } = skill;
  return {
    ...skill,
    ...(inputSchemaRef !== undefined && { inputSchema: await findOne(id, inputSchemaRef, find) }),
    ...(outputSchemaRef !== undefined && { outputSchema: await findOne(id, outputSchemaRef, find) }),
  };
}

async function findOne(skill: string, name: string, find: FindSchema | undefined): Promise<JsonObject> {
  const refuse = (why: string, cause?: unknown): ParleyError =>
    new ParleyError('MANIFEST_INVALID', `Skill ${skill} names the schema ${name}: ${why}`, {
      cause,
      details: { skill },
    });
  if (find === undefined) throw refuse('there is no schema registry here.');
  const schema = await find(name).catch((thrown: unknown) => {
    const error = ParleyError.from(thrown);
    if (error.entry.retryable) throw error;
    throw refuse(`${error.message} Register it before the package is deployed.`, thrown);
  });
  const [fault] = findSchemaFaults(schema);
  if (fault !== undefined) throw refuse(`it cannot be enforced: ${fault.message}.`);
  return schema;
}
