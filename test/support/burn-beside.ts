import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readCpuTicks } from './process-table.ts';
import { waitUntil } from './wait-until.ts';

/** Resolves when a process of the test's own has used so much processor time: what runs beside it has had its share, too. */
export async function burnBeside(ticks: number): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  try {
    await untilBurnt(child.pid ?? 0, ticks);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** Resolves when the process has used so much processor time since it was called. */
export async function untilBurnt(pid: number, ticks: number): Promise<void> {
  const start = readCpuTicks(pid) ?? 0;
  await waitUntil(`process ${pid} uses ${ticks} ticks`, () => (readCpuTicks(pid) ?? 0) - start >= ticks);
}
