import { type Clock, sleep } from '../../base/index.ts';
import { listPids, readFacts, readUid } from '../supervisor/process-facts.ts';

const rounds = 100;
const pauseMs = 10;

/** Kills what runs as that user, and resolves when nothing does: what an earlier node may have left. */
export async function endUserProcesses(clock: Clock, uid: number): Promise<void> {
  // As root this would be the whole machine.
  if (uid === 0) return;
  for (let round = 0; round < rounds; round++) {
    const left = (listPids() ?? []).filter((pid) => readUid(pid) === uid && readFacts(pid)?.state !== 'Z');
    if (left.length === 0) return;
    for (const pid of left) kill(pid);
    await sleep(clock, pauseMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
