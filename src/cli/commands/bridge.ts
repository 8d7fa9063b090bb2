import type { Command } from 'commander';
import type { BridgeAgent, BridgeView } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { parseCount } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley bridge list                           agents of both sides, and which the other side reaches`;

const onExamples = `
Examples:
  parley bridge on analyst                     producers in Redis may send it work by queue:analyst
  parley bridge on sonnet-1                    a Redis agent takes A2A calls again`;

const offExamples = `
Examples:
  parley bridge off sonnet-1                   calls of this Redis agent are refused from now on`;

const lettersExamples = `
Examples:
  parley bridge letters                        what came by Redis and reached nobody, and why`;

/** Adds `bridge` with its commands. */
export function addBridgeCommands(program: Command, runner: Runner): void {
  const bridge = program
    .command('bridge')
    .description('the bridge to the agents of an existing Redis')
    .helpCommand(false);
  addList(bridge, runner);
  addSwitch(bridge, runner, { word: 'on', examples: onExamples, description: 'let the other side reach an agent' });
  addSwitch(bridge, runner, { word: 'off', examples: offExamples, description: 'let the other side reach it no more' });
  addLetters(bridge, runner);
}

function addList(bridge: Command, { run }: Runner): void {
  bridge
    .command('list')
    .description('show the agents of both sides')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const view = await client.bridge.view();
          context.print({ ...view }, () => formatView(view));
          return 0;
        });
      }),
    );
}

interface SwitchCommand {
  readonly word: 'on' | 'off';
  readonly description: string;
  readonly examples: string;
}

function addSwitch(bridge: Command, { run }: Runner, { word, description, examples }: SwitchCommand): void {
  bridge
    .command(word)
    .description(description)
    .argument('<agent>', 'id of the agent')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>((context, _options, id) => {
        return context.useNode(async (client) => {
          const agent = await client.bridge.setSwitch(id, word === 'on');
          context.print({ ...agent }, () => `The bridge is ${word} for ${id}.`);
          return 0;
        });
      }),
    );
}

function addLetters(bridge: Command, { run }: Runner): void {
  bridge
    .command('letters')
    .description('show messages from Redis that reached nobody, newest first')
    .option('--limit <count>', 'how many', parseCount, 100)
    .addHelpText('after', lettersExamples)
    .action(
      run<{ limit: number }, []>((context, { limit }) => {
        return context.useNode(async (client) => {
          const letters = await client.bridge.letters(limit);
          context.print({ letters }, () => {
            if (letters.length === 0) return 'Every message reached somebody.';
            const rows = letters.map(({ kind, queue, atMs, reason }) => [formatTime(atMs), kind, queue, reason]);
            return formatTable(['AT', 'KIND', 'QUEUE', 'REASON'], rows);
          });
          return 0;
        });
      }),
    );
}

function formatView({ redis, state, problem, agents }: BridgeView): string {
  const head = `${redis} is ${state}${problem === undefined ? '' : `: ${problem}`}`;
  return `${head}\n\n${formatTable(['AGENT', 'SIDE', 'BRIDGE', 'TYPE', 'STATUS', 'QUEUE', 'CAPABILITIES'], agents.map(toRow))}`;
}

function toRow({ id, side, on, type, status, queueSize, capabilities }: BridgeAgent): string[] {
  return [id, side, on ? 'on' : 'off', type, status, String(queueSize), capabilities.join(', ')];
}
