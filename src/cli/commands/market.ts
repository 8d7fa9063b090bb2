import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ControlClient, NegotiationPageView, NegotiationRequest, NegotiationView } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime } from '../format.ts';
import { describeChanges, formatNegotiation, formatResult } from '../market/describe-negotiation.ts';
import { formatPrice } from '../market/format-price.ts';
import { formatThread } from '../market/format-thread.ts';
import { listNegotiations } from '../market/list-negotiations.ts';
import { collectText, parseAmount, parseCount, parseSeconds } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const requestExamples = `
Examples:
  parley market request "Test data processing task" --cost 75
  parley market request "Translate the manual" --budget 200 --capability translation --priority 5
  parley market request "Summarise it" --data '{"url":"https://a.example"}' --offers-for 2
  parley market request "Count the words" --async -o json     only the negotiation, at once`;

const listExamples = `
Examples:
  parley market list                       newest first
  parley market list --phase open -o json  those that have not ended`;

const showExamples = `
Examples:
  parley market show TASK                  offers, awards, and every record as one thread`;

const followExamples = `
Examples:
  parley market follow TASK                what happens, until it has ended
  parley market follow TASK -o json        one JSON line for each state`;

const withdrawExamples = `
Examples:
  parley market withdraw TASK --reason "no longer needed"`;

const agentExamples = `
Examples:
  parley market agents                     who takes part on this node, and what they do`;

interface RequestOptions {
  readonly cost?: number;
  readonly budget?: number;
  readonly priority?: number;
  readonly capability?: readonly string[];
  readonly deadline?: number;
  readonly offersFor?: number;
  readonly rounds?: number;
  readonly policy?: string;
  readonly as?: string;
  readonly taskId?: string;
  readonly data?: string;
  readonly async?: boolean;
}

/** Adds `market` with its commands. */
export function addMarketCommands(program: Command, runner: Runner): void {
  const market = program.command('market').description('work that agents bid for').helpCommand(false);
  addRequest(market, runner);
  addList(market, runner);
  addShow(market, runner);
  addFollow(market, runner);
  addWithdraw(market, runner);
  addAgents(market, runner);
}

function addRequest(market: Command, { run }: Runner): void {
  withRequestOptions(market.command('request').description('put work out to tender, and show what becomes of it'))
    .addHelpText('after', requestExamples)
    .action(
      run<RequestOptions, [string]>((context, options, description) => {
        return context.useNode(async (client) => {
          const negotiation = await client.market.request(toRequest(description, options));
          if (options.async === true) {
            context.print(negotiation, () => negotiation.taskId);
            return 0;
          }
          context.terminal.note(`task ${negotiation.taskId}`);
          return awaitEnd(context, client, negotiation);
        });
      }),
    );
}

function addList(market: Command, { run }: Runner): void {
  const phases = ['open', 'tendered', 'awarded', 'running', 'completed', 'failed', 'withdrawn'] as const;
  market
    .command('list')
    .description('show negotiations, newest first')
    .addOption(new Option('--phase <phase>', 'only those in it').choices(phases))
    .option('--limit <count>', 'how many at most (default: 50)', parseCount)
    .addHelpText('after', listExamples)
    .action(
      run<{ phase?: (typeof phases)[number]; limit?: number }, []>((context, { limit = 50, ...options }) => {
        return context.useNode(async (client) => {
          const page = await listNegotiations(client, options, limit);
          context.print(page, () => formatList(page));
          return 0;
        });
      }),
    );
}

function addShow(market: Command, { run }: Runner): void {
  market
    .command('show')
    .description('show one negotiation with all its records')
    .argument('<task>', 'task id')
    .addHelpText('after', showExamples)
    .action(
      run<object, [string]>((context, _options, taskId) => {
        return context.useNode(async (client) => {
          const found = await client.market.show(taskId);
          context.print(found, () => `${formatNegotiation(found)}\n\n${formatThread(found.records)}`);
          return 0;
        });
      }),
    );
}

function addFollow(market: Command, { run }: Runner): void {
  market
    .command('follow')
    .description('show what happens to a negotiation until it ends')
    .argument('<task>', 'task id')
    .addHelpText('after', followExamples)
    .action(
      run<object, [string]>((context, _options, taskId) => {
        return context.useNode(async (client) => {
          const { terminal, json } = context;
          let last: NegotiationView | undefined;
          for await (const state of client.market.follow(taskId, context.signal)) {
            if (json) terminal.line(JSON.stringify(state));
            else
              for (const line of describeChanges(last, state))
                terminal.line(`${formatTime(state.updatedAtMs)}  ${line}`);
            last = state;
          }
          return 0;
        });
      }),
    );
}

function addWithdraw(market: Command, { run }: Runner): void {
  market
    .command('withdraw')
    .description('nobody is to work on it any more')
    .argument('<task>', 'task id')
    .option('--reason <text>', 'why, for those who have bid')
    .addHelpText('after', withdrawExamples)
    .action(
      run<{ reason?: string }, [string]>((context, { reason }, taskId) => {
        return context.useNode(async (client) => {
          const withdrawn = await client.market.withdraw(taskId, reason);
          context.print(withdrawn, () => `${taskId} is ${withdrawn.phase}.`);
          return 0;
        });
      }),
    );
}

function addAgents(market: Command, { run }: Runner): void {
  market
    .command('agents')
    .description('show the agents of the node that have a role')
    .addHelpText('after', agentExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const agents = await client.market.agents();
          context.print({ agents }, () => formatAgents(agents));
          return 0;
        });
      }),
    );
}

/** Says what happens on stderr, and what came out on stdout. */
async function awaitEnd(context: CommandContext, client: ControlClient, first: NegotiationView): Promise<number> {
  let last = first;
  let told: NegotiationView | undefined;
  try {
    for await (const state of client.market.follow(first.taskId, context.signal)) {
      if (!context.json) for (const line of describeChanges(told, state)) context.terminal.note(line);
      told = last = state;
    }
  } catch (thrown) {
    if (context.signal.aborted) context.terminal.note(howItGoesOn(first.taskId));
    throw thrown;
  }
  const { result } = last;
  if (context.json) context.print(last, () => '');
  else if (result !== undefined) context.terminal.line(formatResult(result));
  return last.phase === 'completed' ? 0 : 1;
}

function howItGoesOn(taskId: string): string {
  return `The request goes on: "parley market follow ${taskId}" follows it, "parley market withdraw ${taskId}" takes it back.`;
}

function withRequestOptions(command: Command): Command {
  return command
    .argument('<description>', 'what is to be done, in words')
    .option('--cost <amount>', 'what providers are told that it may cost', parseAmount)
    .option('--budget <amount>', 'what it may cost at most; no provider is told', parseAmount)
    .option('--priority <number>', '1 to 10, higher goes first (default: 1)', parseCount)
    .option('--capability <name>', 'what a provider must be capable of; may be given several times', collectText)
    .option('--deadline <seconds>', 'what is not done by then has failed', parseSeconds)
    .option('--offers-for <seconds>', 'how long offers are taken', parseSeconds)
    .option('--rounds <count>', 'how many rounds of counter-offers at most', parseCount)
    .option('--policy <name>', 'how it is awarded')
    .option('--as <agent>', "the agent that asks (default: the market's own requester)")
    .option('--task-id <id>', 'the same id is the same negotiation')
    .option('--data <json>', 'what the executor is handed beside the description')
    .option('--async', 'do not wait: print the id of the task');
}

function toRequest(description: string, options: RequestOptions): NegotiationRequest {
  const { cost, budget, priority, capability, deadline, offersFor, rounds, policy, as, taskId, data } = options;
  return {
    description,
    ...(cost !== undefined && { proposedCost: cost }),
    ...(budget !== undefined && { budget }),
    ...(priority !== undefined && { priority }),
    ...(capability !== undefined && { requiredCapabilities: capability }),
    ...(deadline !== undefined && { deadlineAtMs: Date.now() + Math.round(deadline * 1_000) }),
    ...(offersFor !== undefined && { offersMs: Math.max(1, Math.round(offersFor * 1_000)) }),
    ...(rounds !== undefined && { maxRounds: rounds }),
    ...(policy !== undefined && { policy }),
    ...(as !== undefined && { requesterId: as }),
    ...(taskId !== undefined && { taskId }),
    ...(data !== undefined && { input: [{ text: description }, { data: parseJson(data) }] }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgumentError(`--data must be JSON (${(cause as Error).message}).`);
  }
}

function formatList({ negotiations, cursor }: NegotiationPageView): string {
  if (negotiations.length === 0) return 'There are no negotiations. "parley market request" begins one.';
  const rows = negotiations.map(({ taskId, phase, awards, offers, createdAtMs, description }) => {
    const award = awards.at(-1);
    const price = award === undefined ? '-' : formatPrice(award.price);
    return [
      taskId,
      phase,
      String(offers.length),
      award?.providerId ?? '-',
      price,
      formatTime(createdAtMs),
      description,
    ];
  });
  const table = formatTable(['TASK', 'PHASE', 'OFFERS', 'AWARDED TO', 'PRICE', 'CREATED', 'DESCRIPTION'], rows);
  return cursor === undefined ? table : `${table}\nThere are more; --limit shows them.`;
}

function formatAgents(agents: Awaited<ReturnType<ControlClient['market']['agents']>>): string {
  if (agents.length === 0) return 'No agent of this node has a role. docs/market.md says how one takes part.';
  const rows = agents.map(({ agentId, roles, isRunning, activeTasks, executor }) => {
    const work = executor === undefined ? '-' : `${executor.running.length} + ${executor.queued.length} queued`;
    return [agentId, roles.join(', '), isRunning ? 'yes' : 'no', String(activeTasks.length), work];
  });
  return formatTable(['AGENT', 'ROLES', 'RUNNING', 'NEGOTIATIONS', 'IN WORK'], rows);
}
