import { readdirSync, readFileSync, statSync } from 'node:fs';

/** One process as the kernel shows it. Linux. */
export interface ProcessFacts {
  readonly pid: number;
  /** One letter; `Z` and `X` run no more. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** With the pid it names one process for ever. */
  readonly startedAtTicks: number;
  readonly residentPages: number;
  /** Processor time of itself and of the children that it has outlived. */
  readonly cpuTicks: number;
}

/** The variable by which a descendant is known again, wherever it hides. */
export const markVariable = 'PARLEY_PROCESS';

/** The processes that exist; undefined where there is no `/proc`. */
export function listPids(): readonly number[] | undefined {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return undefined;
  }
}

/** Undefined when there is no such process. `/proc/N/stat` is `pid (name) state ppid pgrp …`; the name may hold anything. */
export function readFacts(pid: number): ProcessFacts | undefined {
  const stat = read(pid, 'stat');
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startedAtTicks: Number(fields[19]),
    residentPages: Number(fields[21]),
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
  };
}

/** The value of the mark that the process was started with, if it has one and may be read. */
export function readMark(pid: number): string | undefined {
  const start = `${markVariable}=`;
  return read(pid, 'environ')
    ?.split('\0')
    .find((variable) => variable.startsWith(start))
    ?.slice(start.length);
}

/** The user the process runs as. */
export function readUid(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

/** Its memory, with its share of what it has in common with others; undefined when that may not be read. */
export function readProportionalBytes(pid: number): number | undefined {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

let pageBytes = 0;

/** Size of a page of memory, from what the kernel says of this process in pages and in bytes. */
export function readPageBytes(): number {
  if (pageBytes > 0) return pageBytes;
  const pages = readFacts(process.pid)?.residentPages ?? 0;
  pageBytes = pages === 0 ? 4_096 : 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
  return pageBytes;
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
