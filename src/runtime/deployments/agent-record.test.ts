import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../packages/manifest.ts';
import { createAgentRecord } from './agent-record.ts';

const exported = 'name: a\nversion: 1.0.0\nexports:\n  - {name: hello, type: function, handler: agent.hello}\n';

test('what a manifest says it can do is found, and nothing is when it says nothing', () => {
  const capable = createAgentRecord('a', parseManifest(`${exported}capabilities: [coding, analysis]\n`));
  assert.deepEqual(capable.capabilities, ['coding', 'analysis']);
  assert.equal('capabilities' in createAgentRecord('a', parseManifest(exported)), false);
});
