import { CommanderError, InvalidArgumentError } from 'commander';
import { type ErrorCode, ParleyError } from '../base/index.ts';
import { exitCodes, toExitCode } from './exit-code.ts';
import { plainLines } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

const hints: Partial<Record<ErrorCode, string>> = {
  UNREACHABLE: 'Start a node with "parley up", or name another one with --url.',
  UNAUTHENTICATED:
    'Give the operator token with --token or PARLEY_TOKEN; the node keeps it in operator.token of its data folder.',
  AGENT_NOT_FOUND: '"parley list" shows the agents there are.',
  TASK_NOT_FOUND: '"parley task list" shows the tasks there are.',
};

const authorityHint = 'Name the authority of its certificate with --ca.';

/** Tells what went wrong, in one line or, with `json`, as JSON; both on stderr. The answer is the exit code. */
export function reportError(thrown: unknown, terminal: Terminal, json: boolean): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok;
  if (thrown instanceof CommanderError) return reportUsage(thrown, terminal, json);
  const error = ParleyError.from(thrown);
  const { code, message, details } = error;
  const hint = code === 'UNREACHABLE' && /certificate/i.test(message) ? authorityHint : hints[code];
  if (json) terminal.note(JSON.stringify({ error: { code, message, details, ...(hint !== undefined && { hint }) } }));
  else
    terminal.note(`${terminal.noteColors.red('error:')} ${plainLines(message)}${hint === undefined ? '' : ` ${hint}`}`);
  return toExitCode(code);
}

/** What is wrong with the command line itself. commander tells a person by itself, but for what an action has found. */
function reportUsage(thrown: CommanderError, terminal: Terminal, json: boolean): number {
  const isHelp = thrown.code === 'commander.help';
  const message = isHelp ? 'A command is missing.' : thrown.message.replace(/^error: /, '');
  if (json) {
    const hint = 'Add --help to see how it is used.';
    terminal.note(JSON.stringify({ error: { code: 'INVALID_PARAMS', message, details: {}, hint } }));
  } else if (thrown instanceof InvalidArgumentError) {
    terminal.note(`${terminal.noteColors.red('error:')} ${message}`);
  }
  return exitCodes.usage;
}
