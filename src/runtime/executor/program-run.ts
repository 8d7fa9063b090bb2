import { once } from 'node:events';
import { type Clock, sleep } from '../../base/index.ts';
import { createLineSplitter } from '../supervisor/line-splitter.ts';
import type { ProcessExit, ProcessGroup } from '../supervisor/process-group.ts';

export interface ProgramRunOptions {
  readonly group: ProcessGroup;
  readonly input: string;
  readonly maxOutputBytes: number;
  readonly clock: Clock;
  readonly onErrorLine: (line: string) => void;
}

export interface ProgramResult {
  readonly exit: ProcessExit;
  readonly stdout: Buffer;
  /** Standard output was over the limit; the program was killed. */
  readonly tooMuch: boolean;
}

const outputPatienceMs = 500;

/** Writes the input, reads the output, resolves when no process of the program is left. */
export async function runProgram(options: ProgramRunOptions): Promise<ProgramResult> {
  const { group, input, clock, onErrorLine } = options;
  const closed = once(group.child, 'close');
  const output = collect(group, options.maxOutputBytes);
  const splitter = createLineSplitter(onErrorLine);
  group.child.stderr?.on('data', splitter.push);
  // A program that does not read its input closes the pipe early.
  group.child.stdin?.on('error', () => {});
  group.child.stdin?.end(input);
  const exit = await group.exited;
  await group.gone;
  // A descendant that left the group may keep the pipes open for ever.
  await Promise.race([closed, sleep(clock, outputPatienceMs)]);
  splitter.end();
  return { exit, stdout: Buffer.concat(output.chunks), tooMuch: output.tooMuch };
}

function collect(group: ProcessGroup, maxBytes: number): { chunks: Buffer[]; tooMuch: boolean } {
  const output = { chunks: [] as Buffer[], tooMuch: false };
  let bytes = 0;
  group.child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) return output.chunks.push(chunk);
    output.tooMuch = true;
    output.chunks = [];
    group.signal('SIGKILL');
    return undefined;
  });
  return output;
}
