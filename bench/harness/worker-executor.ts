import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentExecutor } from '../../src/agents/index.ts';
import { silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { createSealer, createWorkerCredentials } from '../../src/security/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

/** The executor of an agent in a worker process, without a front door or tasks. */
export interface WorkerSubject {
  readonly executor: AgentExecutor;
  stop(): Promise<void>;
}

const agent = fileURLToPath(new URL('../agents/echo', import.meta.url));

/** Starts a worker of the bench's agent. */
export async function startWorker(): Promise<WorkerSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  const schema = { collections: { deployments: { indexes: ['all'] } } };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
  const registry = createRegistry();
  const key = 'k'.repeat(43);
  const { runtime, component } = createRuntime({
    ...{ store, registry, packagesFolder: join(folder, 'packages') },
    ...{ workerCredentials: createWorkerCredentials(key), sealer: createSealer(key) },
    fabricUrl: () => 'http://127.0.0.1:1',
    interpreters: { node: process.execPath, python: 'python3' },
    ...{ passEnv: [], nodeEnvironment: process.env },
    ...{ clock: systemClock, logger: silentLogger, telemetry: silentTelemetry },
  });
  await component.start();
  await runtime.deploy({ source: { kind: 'folder', path: agent }, deploymentId: 'echo-1' });
  await untilHealthy(runtime, 'echo-1');
  return {
    executor: registry.find('echo-1').executor,
    async stop() {
      await component.stop(AbortSignal.timeout(5_000));
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function untilHealthy(runtime: Runtime, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const { status, message } = runtime.get(id);
      if (status === 'failed') reject(new Error(message));
      if (status === 'healthy' || status === 'failed') unwatch();
      if (status === 'healthy') resolve();
    };
    const unwatch = runtime.watch(check);
    check();
  });
}
