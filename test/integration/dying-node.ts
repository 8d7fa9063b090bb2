/**
 * A node for tests that kills itself: `node dying-node.ts DATA_FOLDER PACKAGE STATUS` deploys the package as `dying`, and ends
 * with SIGKILL as soon as the deployment has that status.
 */
import { resolveConfig, startNode } from '../../src/app/index.ts';

const [dataFolder, path = '', death] = process.argv.slice(2);

const config = resolveConfig({ flags: { dataFolder, port: 0 }, environment: {} });
const node = await startNode({ config, environment: process.env, onShutdown: () => {} });
const { deployments } = node.control;

function dieInTime(): void {
  if (deployments.list().some(({ status }) => status === death)) process.kill(process.pid, 'SIGKILL');
  setImmediate(dieInTime);
}

dieInTime();
await deployments.deploy({ source: { kind: 'folder', path }, deploymentId: 'dying' });
