/**
 * A node for tests that die on purpose: `node runtime-node.ts FOLDER PACKAGE DEATH PRESENCE`. Deploys the package as `wild-1`,
 * and kills itself with SIGKILL as soon as the status DEATH is in its store; `never`: it says `healthy` on standard output.
 * With DEATH `stopping` or `stopped` it stops the deployment once it is healthy.
 */
import { join } from 'node:path';
import { createFileStore, startNode, untilHealthy } from './runtime-fixture.ts';

const [folder = '', path = '', death = '', presence = ''] = process.argv.slice(2);

const store = createFileStore(join(folder, 'store.json'), ({ documents }) => {
  const { state } = JSON.parse(documents?.[0]?.value ?? '{}');
  if (state?.status === death) process.kill(process.pid, 'SIGKILL');
});
const { runtime } = await startNode(folder, { store });
const environment = { PRESENCE: presence };
await runtime.deploy({ source: { kind: 'folder', path }, deploymentId: 'wild-1', environment });
await untilHealthy(runtime, 'wild-1');
process.stdout.write('healthy\n');
if (death !== 'never') await runtime.stop('wild-1');
setInterval(() => {}, 1_000);
