import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../../support/project.ts';
import type { Peer } from './peer.ts';

/** An official server in Python, which says its port on its first line. */
export async function openPythonPeer(python: string, program: string): Promise<Peer> {
  const path = join(projectFolder, 'test/protocol/python', program);
  const child = spawn(python, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'close');
  const [port] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])) as [string];
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
