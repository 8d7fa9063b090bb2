import type { Command } from 'commander';
import { ParleyError } from '../../base/index.ts';
import type { ControlClient, HistoryEntry, Rollback } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { parseSeconds } from '../parse-options.ts';
import type { Runner } from '../runner.ts';

interface Options {
  readonly to?: string;
  readonly wait: boolean;
  readonly timeout?: number;
}

const examples = `
Examples:
  parley rollback analyst                    to the version before the present one
  parley rollback analyst --to analyst-1f3a  to the one of that id; "parley describe analyst" lists them`;

/** Adds `rollback`. */
export function addRollbackCommand(program: Command, { run }: Runner): void {
  program
    .command('rollback')
    .description('go back to an earlier version of an agent, and wait until it has taken over')
    .argument('<agent>', 'agent id')
    .option('--to <deployment>', 'which one; default: the one before the present one that has run')
    .option('--no-wait', 'return as soon as the node has accepted it')
    .option('--timeout <seconds>', 'how long to wait; default: until it has taken over or has failed', parseSeconds)
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>((context, options, agent) => {
        return context.useNode(async (client) => {
          const begun = await client.changes.rollback(agent, options.to);
          const last = options.wait ? await waitUntilCurrent(context, client, begun, options.timeout) : begun;
          context.print(last, () => describe(last, options.wait));
          return 0;
        });
      }),
    );
}

async function waitUntilCurrent(
  { terminal, limit }: CommandContext,
  client: ControlClient,
  { agentId, from, to }: Rollback,
  timeout: number | undefined,
): Promise<Rollback> {
  const signal = limit(timeout, `The rollback to ${to.key}`);
  let shown = '';
  for await (const _ of client.deployments.watch(to.id, signal)) {
    const history = await client.changes.history(agentId);
    const now = history.find(({ key }) => key === to.key) ?? to;
    if (now.status !== shown) terminal.note(terminal.noteColors.dim(`${now.key} ${now.status}`));
    shown = now.status;
    if (now.current && now.status === 'healthy') {
      return { agentId, from: history.find(({ key }) => key === from.key) ?? from, to: now };
    }
    if (now.status === 'failed' || now.status === 'stopped') throw notBack(now, from);
  }
  throw ParleyError.from(signal.reason ?? new ParleyError('UNREACHABLE', 'The node stopped before it was done.'));
}

function notBack({ key, id, status, message }: HistoryEntry, from: HistoryEntry): ParleyError {
  const reason = message === undefined ? '' : `: ${message.replace(/\.?$/, '.')}`;
  const advice = `${from.key} is left as it was. "parley logs ${id}" has more.`;
  return new ParleyError('WORKER_START_FAILED', `The earlier deployment ${key} is ${status}${reason} ${advice}`);
}

function describe({ agentId, from, to }: Rollback, isDone: boolean): string {
  const verb = isDone ? 'is back on' : 'goes back to';
  const lines = [`${agentId} ${verb} ${to.packageId} (deployment ${to.key})`];
  if (from.key === to.key) return lines.join('');
  const rest = isDone && from.status !== 'stopped' ? ' finishes its calls and stops' : ' is stopped';
  return [...lines, `${from.packageId} (deployment ${from.key})${isDone ? rest : ' goes on until then'}`].join('\n');
}
