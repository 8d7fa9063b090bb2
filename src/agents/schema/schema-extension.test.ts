import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAgentCard } from '../card.ts';
import type { AgentRecord, SkillRecord } from '../record.ts';
import { schemaExtensionUri } from './schema-extension.ts';

const plain: SkillRecord = {
  id: 'plain',
  name: '',
  description: '',
  tags: [],
  idempotent: false,
  private: false,
  timeouts: {},
};

function createRecord(skills: readonly SkillRecord[]): AgentRecord {
  const texts = { id: 'a', name: 'a', description: '', version: '1', packageId: 'a@1' };
  return { ...texts, skills, defaultSkill: undefined, inputModes: [], outputModes: [], private: false };
}

/** Those that tell of schemas. */
function extensionsOf(...skills: readonly SkillRecord[]): unknown {
  const { capabilities } = createAgentCard({ record: createRecord(skills), baseUrl: 'http://localhost/a2a/a' });
  return capabilities.extensions?.filter(({ uri }) => uri === schemaExtensionUri);
}

test('the card tells the schemas of public skills in an extension that nobody must know', () => {
  const add = { ...plain, id: 'add', inputSchema: { type: 'object' }, outputSchema: { type: 'number' } };
  const secret = { ...plain, id: 'secret', private: true, inputSchema: { type: 'string' } };
  assert.deepEqual(extensionsOf(plain, add, secret), [
    {
      uri: schemaExtensionUri,
      description: 'JSON Schemas of what the skills take and give; they are enforced.',
      params: { skills: { add: { input: { type: 'object' }, output: { type: 'number' } } } },
    },
  ]);
});

test('the card of an agent without schemas has no such extension', () => {
  assert.deepEqual(extensionsOf(plain), []);
});
