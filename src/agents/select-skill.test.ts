import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../protocol/index.ts';
import type { AgentRecord, SkillRecord } from './record.ts';
import { selectSkill } from './select-skill.ts';

function createSkill(id: string, isPrivate = false): SkillRecord {
  return { id, name: id, description: '', tags: [], idempotent: false, private: isPrivate, timeouts: {} };
}

function createRecord(defaultSkill: string | undefined): AgentRecord {
  return {
    id: 'analyst',
    name: 'Analyst',
    description: '',
    version: '1.0.0',
    packageId: 'analyst@1.0.0',
    skills: [createSkill('sum'), createSkill('chart'), createSkill('secret', true)],
    defaultSkill,
    inputModes: [],
    outputModes: [],
    private: false,
  };
}

const nobody = (): boolean => false;

const message = (rest: Partial<Message>): Message => ({
  messageId: 'm',
  role: 'user',
  parts: [{ text: 'hi' }],
  ...rest,
});

test('metadata.skill wins over action, action over the default', () => {
  const record = createRecord('sum');
  const parts = [{ text: 'x' }, { data: { action: 'chart' } }];
  assert.equal(selectSkill(record, message({ parts, metadata: { skill: 'sum' } }), nobody).id, 'sum');
  assert.equal(selectSkill(record, message({ parts }), nobody).id, 'chart');
  assert.equal(selectSkill(record, message({}), nobody).id, 'sum');
});

test('an unknown skill and a missing default are refused with the skills there are', () => {
  const refusal = { code: 'SKILL_NOT_FOUND', message: /sum, chart\.$/ };
  assert.throws(() => selectSkill(createRecord('sum'), message({ metadata: { skill: 'nope' } }), nobody), refusal);
  assert.throws(() => selectSkill(createRecord(undefined), message({}), nobody), refusal);
});

test('a private skill does not exist for those outside', () => {
  const wanted = message({ metadata: { skill: 'secret' } });
  assert.throws(() => selectSkill(createRecord('sum'), wanted, nobody), { code: 'SKILL_NOT_FOUND' });
  assert.equal(selectSkill(createRecord('sum'), wanted, (id) => id === 'secret').id, 'secret');
});
