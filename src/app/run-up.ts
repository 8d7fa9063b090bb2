import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LocalSource } from '../runtime/index.ts';
import { bringUp } from './bring-up.ts';
import { resolveConfig } from './config.ts';
import { productFolder } from './product.ts';
import { createScreen } from './screen.ts';
import { startNode } from './start-node.ts';
import { createStopSignals } from './stop-signals.ts';

export interface UpOptions {
  readonly dataFolder?: string;
  readonly host?: string;
  readonly port?: number;
  readonly configFile?: string;
  /** Names agents that run elsewhere. */
  readonly agentsFile?: string;
  /** Address of a Redis with agents. */
  readonly bridge?: string;
  readonly insecureOperator?: boolean;
  /** Deploy the examples that ship with the product. */
  readonly examples: boolean;
  /** Packages or folders to deploy. */
  readonly deploy: readonly string[];
  readonly output: 'text' | 'json';
}

const stopGraceMs = 30_000;
const examplesFolder = resolve(productFolder, 'examples');

/** Runs a node until a signal stops it; a second signal stops it at once. The answer is the process's exit code. */
export async function runUp(options: UpOptions): Promise<number> {
  const { stop, hurry, onSignal } = createStopSignals(() => performance.now());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const screen = createScreen(options.output);
  const node = await startNode({ config: readConfig(options), environment: process.env, onShutdown: onSignal });
  screen.up(node.control.node.status());
  const deployed = bringUp(node.control, {
    sources: await findSources(options),
    screen,
    signal: stop,
    ...(options.examples && { watchedFolder: examplesFolder }),
  });
  if (!stop.aborted) await new Promise((done) => stop.addEventListener('abort', done, { once: true }));
  screen.stopping();
  const failures = await node.stop(AbortSignal.any([hurry, AbortSignal.timeout(stopGraceMs)]));
  await deployed;
  for (const failure of failures) screen.problem(failure.message);
  screen.stopped();
  return failures.length === 0 ? 0 : 1;
}

function readConfig({
  dataFolder,
  host,
  port,
  configFile,
  agentsFile,
  bridge,
  insecureOperator,
}: UpOptions): ReturnType<typeof resolveConfig> {
  return resolveConfig({
    flags: {
      ...{ dataFolder, host, port },
      ...(agentsFile !== undefined && { registry: { agentsFile: resolve(agentsFile) } }),
      ...(bridge !== undefined && { bridge: { enabled: true, redisUrl: bridge } }),
      ...(insecureOperator && { insecureOperator }),
    },
    environment: process.env,
    ...(configFile !== undefined && { file: configFile }),
  });
}

/** The packages named on the command line, behind the examples when they are wanted. */
async function findSources({ examples, deploy }: UpOptions): Promise<readonly LocalSource[]> {
  const named = deploy.map(
    (path): LocalSource => ({ kind: path.endsWith('.apkg') ? 'file' : 'folder', path: resolve(path) }),
  );
  if (!examples) return named;
  const entries = await readdir(examplesFolder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => resolve(examplesFolder, entry.name));
  // A folder without a manifest tells a story, with packages in it that are deployed by hand.
  const packages = folders.filter((folder) => existsSync(resolve(folder, 'agent.yaml')));
  return [...packages.map((path): LocalSource => ({ kind: 'folder', path })), ...named];
}
