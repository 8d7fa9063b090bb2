/** `npm run fuzz [-- INPUTS [NAME]]`: each decoder gets so many damaged inputs, 1,000,000 unless told otherwise, and says what came of it. */
import { avroTargets } from './avro-targets.ts';
import { fuzzTarget } from './fuzz-target.ts';
import { grpcTargets } from './grpc-targets.ts';
import { heldBytes } from './held-bytes.ts';
import { logTargets } from './log-targets.ts';
import { createZipTarget, pureTargets } from './targets.ts';
import { webhookTargets } from './webhook-targets.ts';

const [count = '1000000', name] = process.argv.slice(2);
const chunk = 50_000;
const zips = await createZipTarget();
const targets = [...pureTargets, ...grpcTargets, ...webhookTargets, ...avroTargets, ...logTargets, zips].filter(
  (target) => name === undefined || target.name === name,
);

console.log('| decoder | inputs | refused | slowest | memory kept |');
console.log('|---|---|---|---|---|');
try {
  for (const target of targets) console.log(await fuzzInChunks(target, Number(count)));
} finally {
  await zips.remove();
}

async function fuzzInChunks(target: (typeof targets)[number], inputs: number): Promise<string> {
  await fuzzTarget(target, { inputs: Math.min(inputs, 1_000), seed: 0, patienceMs: 5_000 });
  const before = heldBytes();
  let refused = 0;
  let slowestMs = 0;
  for (let done = 0; done < inputs; done += chunk) {
    const options = { inputs: Math.min(chunk, inputs - done), seed: 1 + done, patienceMs: 5_000 };
    const outcome = await fuzzTarget(target, options);
    refused += outcome.refused;
    slowestMs = Math.max(slowestMs, outcome.slowestMs);
  }
  const keptMb = (heldBytes() - before) / 1024 / 1024;
  return `| ${target.name} | ${inputs} | ${refused} | ${slowestMs.toFixed(0)} ms | ${keptMb.toFixed(1)} MB |`;
}
