import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import type { PythonExecution } from '../../src/registry/index.ts';
import {
  DeploymentSessions,
  type DeploymentSessionsOptions,
} from '../../src/runtime/python-agent/deployment-sessions.ts';
import { createSessionQuota } from '../../src/runtime/python-agent/session-quota.ts';
import { confineSession } from '../../src/runtime/python-agent/tiers.ts';
import { Guard } from '../../src/runtime/supervisor/guard.ts';

const pythonFolder = fileURLToPath(new URL('../../python', import.meta.url));

/** Sessions with a real Python, which are ended with the test. */
export async function openSessions(
  t: TestContext,
  change: Partial<DeploymentSessionsOptions> & { readonly memoryBytes?: number } = {},
): Promise<DeploymentSessions> {
  const parent = await mkdtemp(join(tmpdir(), 'parley-sessions-'));
  const guard = new Guard({ clock: systemClock, logger: silentLogger });
  await guard.start();
  const { memoryBytes, ...options } = change;
  const sessions = new DeploymentSessions({
    deploymentId: 'd-1',
    socketPath: undefined,
    uid: undefined,
    launch: async (folder, tier) => {
      await mkdir(folder, { recursive: true });
      return {
        command: 'python3',
        args: ['-m', 'parley_session'],
        cwd: folder,
        environment: { PATH: process.env['PATH'] ?? '', PYTHONPATH: pythonFolder, PYTHONDONTWRITEBYTECODE: '1' },
        confinement: confineSession(memoryBytes === undefined ? {} : { memoryBytes }, tier),
      };
    },
    removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
    folder: join(parent, 'd-1'),
    guard,
    clock: systemClock,
    quota: createSessionQuota({ perNode: 8, perDeployment: 4 }),
    idleMs: 60_000,
    readyTimeoutMs: 20_000,
    log: () => {},
    ...options,
  });
  t.after(async () => {
    await sessions.stop('the test is over');
    await guard.stop();
    await rm(parent, { recursive: true, force: true });
  });
  return sessions;
}

/** An execution in session `s`, as a caller that asks for nothing special sends it. */
export function createExecution(code: string, change: Partial<PythonExecution> = {}): PythonExecution {
  return {
    code,
    context: new Map(),
    files: [],
    sessionId: 's',
    tier: 'SMALL',
    timeoutMs: undefined,
    signal: new AbortController().signal,
    ...change,
  };
}
