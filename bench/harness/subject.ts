import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A server that is measured, in a process of its own. */
export interface Subject {
  readonly name: string;
  /** Where JSON-RPC is posted. */
  readonly url: string;
  /** Of its main process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program on this very Node, its stderr on ours. It does not outlive this process. */
export function startProgram(args: readonly string[]): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.pid === undefined) throw new Error(`${args[0]} cannot be started`);
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child as ChildProcess & { readonly pid: number };
}

/** Ends the program, with force after ten seconds, and waits until it is gone. */
export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(force);
}

/** Waits until `read` gives something; `what` is named when it does not within the time, by default a minute. */
export async function waitFor<T>(
  what: string,
  read: () => Promise<T | undefined>,
  timeoutMs: number = 60_000,
): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const found = await read().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > endMs) throw new Error(`Waited ${timeoutMs / 1_000} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
