import type { Command } from 'commander';
import { type CommandContext, createContext, type GlobalOptions } from './command-context.ts';
import type { Terminal } from './terminal.ts';

/** What a command does; the answer is its exit code, 0 when there is none. */
type Handler<Options, Args extends unknown[]> = (
  context: CommandContext,
  options: Options & GlobalOptions,
  ...args: Args
) => Promise<number | undefined>;

/** Turns handlers into what commander calls, and keeps the exit code of the one that ran. */
export interface Runner {
  run<Options, Args extends unknown[]>(handler: Handler<Options, Args>): (...params: unknown[]) => Promise<void>;
  readonly exitCode: number;
}

export interface RunnerOptions {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** A runner for one call of the program. */
export function createRunner(base: RunnerOptions): Runner {
  let exitCode = 0;
  return {
    run<Options, Args extends unknown[]>(handler: Handler<Options, Args>) {
      return async (...params: unknown[]): Promise<void> => {
        const options = (params.at(-1) as Command).optsWithGlobals<Options & GlobalOptions>();
        const context = createContext({ ...base, options });
        exitCode = (await handler(context, options, ...(params.slice(0, -2) as Args))) ?? 0;
      };
    },
    get exitCode() {
      return exitCode;
    },
  };
}
