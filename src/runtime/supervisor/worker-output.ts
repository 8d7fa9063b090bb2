import type { ChildProcess } from 'node:child_process';
import { createLineSplitter } from './line-splitter.ts';
import type { LogEntry } from './log-ring.ts';

const keptLines = 8;

/** Hands what the process writes to `log`, line by line. The list that comes back always holds its last few lines. */
export function readOutput(
  child: Pick<ChildProcess, 'stdout' | 'stderr'>,
  log: (entry: Omit<LogEntry, 'workerId'>) => void,
): readonly string[] {
  const lastLines: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    const level = stream === 'stdout' ? 'info' : 'warn';
    const splitter = createLineSplitter((message) => {
      if (lastLines.push(message) > keptLines) lastLines.shift();
      log({ stream, level, message });
    });
    child[stream]?.on('data', splitter.push);
    child[stream]?.on('close', splitter.end);
  }
  return lastLines;
}
