import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that the process has used, user and system, in ticks of the kernel; undefined once it runs no more. Linux. */
export function readCpuTicks(pid: number): number | undefined {
  const fields = readStat(pid);
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return Number(fields[11]) + Number(fields[12]);
}

/** True while the process stands still because it was told to. Linux. */
export function isStopped(pid: number): boolean {
  return readStat(pid)?.[0] === 'T';
}

/** True while the process runs; one that only waits to be reaped does not. Linux. */
export function isRunning(pid: number): boolean {
  return readCpuTicks(pid) !== undefined;
}

/** The running processes whose environment or command line holds the text. Linux. */
export function findProcesses(text: string): readonly number[] {
  return listProcesses().filter((pid) => {
    return isRunning(pid) && ['environ', 'cmdline'].some((file) => read(pid, file)?.includes(text));
  });
}

/** The children of a process, their children, and so on. Linux. */
export function findDescendants(pid: number): readonly number[] {
  const parents = new Map(listProcesses().map((child) => [child, Number(readStat(child)?.[1])]));
  const below = (parent: number): number[] => {
    const children = [...parents].filter(([, ppid]) => ppid === parent).map(([child]) => child);
    return children.flatMap((child) => [child, ...below(child)]);
  };
  return below(pid);
}

function listProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** From the process's state on: what stands before it may hold blanks. */
function readStat(pid: number): readonly string[] | undefined {
  const stat = read(pid, 'stat');
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
