import { isSystemError } from '../../base/index.ts';
import { listPids, readFacts } from './process-facts.ts';

/** True while a process of the group exists; one that has ended and waits to be reaped counts, too. */
export function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (thrown) {
    return !isSystemError(thrown, 'ESRCH');
  }
}

/** True when the group has a process that is not a zombie. Without `/proc`: true while the group exists. */
export function groupRuns(group: number): boolean {
  if (!groupExists(group)) return false;
  const pids = listPids();
  return pids === undefined || pids.some((pid) => runsInGroup(pid, group));
}

/** Sends the signal to every process of the group; a group that is gone is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (thrown) {
    if (!isSystemError(thrown, 'ESRCH') && !isSystemError(thrown, 'EPERM')) throw thrown;
  }
}

function runsInGroup(pid: number, group: number): boolean {
  const facts = readFacts(pid);
  return facts?.group === group && facts.state !== 'Z' && facts.state !== 'X';
}
