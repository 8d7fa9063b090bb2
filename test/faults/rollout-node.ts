/**
 * A node for tests that dies in the middle of a replacement or a rollback: `node rollout-node.ts FOLDER KEY STATUS STEP`. Deploys the
 * first version of the speaker as `s1`, replaces it by `s2`, goes back to `s1`; it kills itself
 * with SIGKILL as soon as that status of that deployment is in its store in that step.
 */
import { join } from 'node:path';
import { createFileStore, startNode, until, untilHealthy } from './runtime-fixture.ts';
import { writeSpeaker } from './versions.ts';

const [folder = '', key = '', status = '', step = ''] = process.argv.slice(2);
let now = 'deploy';

const store = createFileStore(join(folder, 'store.json'), (change) => {
  const { state } = JSON.parse(change.documents?.[0]?.value ?? '{}');
  if (now === step && change.key === key && state?.status === status) process.kill(process.pid, 'SIGKILL');
});
const { runtime, changes } = await startNode(folder, { store });
for (const version of [1, 2]) {
  if (version === 2) now = 'replace';
  const source = await writeSpeaker(folder, version);
  await runtime.deploy({ source, deploymentId: `s${version}`, environment: { FROM: `operator of ${version}` } });
  await untilHealthy(runtime, `s${version}`);
}
await until(runtime, 's1', ({ status }) => status === 'stopped');
now = 'rollback';
await changes.rollback('speaker');
await until(runtime, 's2', ({ status }) => status === 'stopped');
process.exit(3);
