import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avroTargets } from './avro-targets.ts';
import { fuzzTarget } from './fuzz-target.ts';
import { grpcTargets } from './grpc-targets.ts';
import { heldBytes } from './held-bytes.ts';
import { logTargets } from './log-targets.ts';
import { createZipTarget, pureTargets, type Target } from './targets.ts';
import { webhookTargets } from './webhook-targets.ts';

const inputs = 20_000;
const patienceMs = 2_000;
const warmUp = 2_000;
const growthBytes = 24 * 1024 * 1024;

async function withstands(target: Target): Promise<void> {
  await fuzzTarget(target, { inputs: warmUp, seed: 1, patienceMs });
  const before = heldBytes();
  const { refused } = await fuzzTarget(target, { inputs, seed: 20_261_121, patienceMs });
  assert.ok(refused > 0 && refused < inputs, 'the inputs neither all fit nor all fail');
  assert.ok(heldBytes() - before < growthBytes, 'memory stays as it is');
}

for (const target of [...pureTargets, ...grpcTargets, ...webhookTargets, ...avroTargets, ...logTargets]) {
  test(`${target.name}: 20,000 damaged inputs are read or refused with a documented error`, () => withstands(target));
}

test('zips: 20,000 damaged inputs are read or refused with a documented error', async (t) => {
  const target = await createZipTarget();
  t.after(() => target.remove());
  await withstands(target);
});
