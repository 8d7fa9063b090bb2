import type { Command } from 'commander';
import { ParleyError } from '../../base/index.ts';
import type { LogLine } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime } from '../format.ts';
import { parseCount } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly follow?: boolean;
  readonly tail: number;
}

const examples = `
Examples:
  parley logs analyst            the last 200 lines
  parley logs -f analyst         and those to come, until Ctrl-C
  parley logs analyst -o json    one JSON object per line`;

/** Adds `logs`. */
export function addLogsCommand(program: Command, { run }: Runner): void {
  program
    .command('logs')
    .description("show a deployment's log")
    .argument('<id>', 'agent or deployment id')
    .option('-f, --follow', 'go on with the lines to come')
    .option('-n, --tail <count>', 'how many of the newest lines to begin with', parseCount, 200)
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>((context, { follow, tail }, id) => {
        return context.useNode(async (client) => {
          const lines = await client.deployments.logs(id, 0, tail);
          for (const line of lines) printLine(line, context);
          if (!follow) return 0;
          const after = lines.at(-1)?.sequence ?? 0;
          return followLines(client.deployments.followLogs(id, after, context.signal), context);
        });
      }),
    );
}

// Ctrl-C is how following ends: not a failure.
async function followLines(lines: AsyncIterable<LogLine>, context: CommandContext): Promise<number> {
  try {
    for await (const line of lines) printLine(line, context);
  } catch (thrown) {
    if (!context.signal.aborted) throw ParleyError.from(thrown);
  }
  return 0;
}

function printLine(line: LogLine, { terminal, json }: CommandContext): void {
  terminal.line(json ? JSON.stringify(line) : formatLine(line, terminal));
}

function formatLine({ atMs, workerId, level, stream, message }: LogLine, { colors }: Terminal): string {
  const paint = { debug: colors.dim, info: String, warn: colors.yellow, error: colors.red }[level];
  const origin = stream === 'log' ? level : stream;
  return `${colors.dim(`${formatTime(atMs)} ${workerId} ${origin}`)} ${paint(message)}`;
}
