import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isObject, isSystemError } from '../../base/index.ts';
import type { NodeConfig } from '../config.ts';
import { type Finding, failed, ok } from './finding.ts';

/** Whether a node runs on the data folder, and if not, whether its port is free. */
export async function checkNode({ dataFolder, host, port }: NodeConfig): Promise<readonly Finding[]> {
  const running = await readRunning(dataFolder);
  if (running !== undefined) {
    return [ok('running', `A node runs on this data folder: process ${running.pid}, ${running.url}.`)];
  }
  return [ok('running', 'No node runs on this data folder.'), await checkPort(host, port)];
}

async function checkPort(host: string, port: number): Promise<Finding> {
  const server = createServer();
  const problem = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  const place = port === 0 ? 'A free port' : `Port ${port}`;
  if (problem === undefined) return ok('port', `${place} of ${host} can be listened on.`);
  const why = isSystemError(problem, 'EADDRINUSE') ? 'is in use by another program' : problem.message;
  return failed('port', `${place} of ${host}: ${why}.`, 'End that program, or choose another port with --port.');
}

interface RunningNode {
  readonly pid: number;
  readonly url: string;
}

async function readRunning(dataFolder: string): Promise<RunningNode | undefined> {
  try {
    const node: unknown = JSON.parse(await readFile(join(dataFolder, 'node.json'), 'utf8'));
    if (!isObject(node) || typeof node['pid'] !== 'number' || typeof node['url'] !== 'string') return undefined;
    return isAlive(node['pid']) ? { pid: node['pid'], url: node['url'] } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return isSystemError(thrown, 'EPERM');
  }
}
