import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { benchAgent, deployAndWait, startNode } from './parley-subject.ts';
import { type Subject, startProgram, stopProgram, waitFor } from './subject.ts';

const proxy = fileURLToPath(new URL('../peers/socket-proxy.ts', import.meta.url));

/** A node with a package that has a route of its own, and every way to it. */
export interface RoutesSubject {
  /** Of the worker that serves the route. */
  readonly socketPath: string;
  /** Below the front door, and on the deployment's own port. */
  readonly frontDoor: string;
  readonly ownPort: string;
  stop(): Promise<void>;
}

/** Starts the node and waits until the deployment's own port answers. */
export async function startRoutes(): Promise<RoutesSubject> {
  const node = await startNode();
  await deployAndWait(node.client, { kind: 'folder', path: benchAgent('routes') });
  const [deployment] = await node.client.deployments.list();
  const ownPort = `http://127.0.0.1:${deployment?.ports?.http}`;
  const socketPath = await waitFor('the deployment’s port', () => readSocketPath(ownPort));
  const frontDoor = node.url.replace(/\/a2a\/.*$/, '/agents/bench-routes');
  return { socketPath, frontDoor, ownPort, stop: () => node.stop() };
}

/** A bare proxy to the same socket, in a process of its own. */
export async function startBareProxy(socketPath: string): Promise<Subject> {
  const child = startProgram([proxy, socketPath]);
  if (child.stdout === null) throw new Error('The proxy has no stdout.');
  for await (const port of createInterface({ input: child.stdout })) {
    return { name: 'bare proxy', url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => stopProgram(child) };
  }
  throw new Error('The proxy ended before it had a port.');
}

async function readSocketPath(ownPort: string): Promise<string> {
  return (await (await fetch(`${ownPort}/socket`)).json()) as string;
}
