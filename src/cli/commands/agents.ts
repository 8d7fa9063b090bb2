import { type Command, InvalidArgumentError, Option } from 'commander';
import { ParleyError } from '../../base/index.ts';
import type { AgentQuery, AgentView, RemoteAgentView } from '../../control/index.ts';
import { parseCardKeys } from '../../protocol/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime, paintStatus } from '../format.ts';
import { readText } from '../read-text.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

interface FindOptions extends AgentQuery {
  readonly watch?: boolean;
}

interface AddOptions {
  readonly id?: string;
  readonly agent?: string;
  readonly tag?: readonly string[];
  readonly weight?: number;
  readonly zone?: string;
  readonly keys?: string;
  readonly credentialEnv?: string;
  readonly header?: string;
}

const findExamples = `
Examples:
  parley agents find --skill summarize --status healthy
  parley agents find --tag finance --watch    and every change, until Ctrl-C
  parley agents find --capability coding -o json
  parley agents --tag finance                 "find" may be left out`;

const addExamples = `
Examples:
  parley agents add https://agents.example.com/a2a/analyst
  parley agents add https://agents.example.com/a2a/analyst --id far-analyst --credential-env ANALYST_TOKEN
  parley agents add https://agents.example.com/a2a/analyst --keys keys.json       its card must be signed with one of them`;

/** Adds `agents` with its commands. */
export function addAgentsCommands(program: Command, runner: Runner): void {
  const agents = program
    .command('agents')
    .description('find agents, and add those that run elsewhere')
    .helpCommand(false);
  addFind(agents, runner);
  addAdd(agents, runner);
  addRemove(agents, runner);
  addRemote(agents, runner);
}

function addFind(agents: Command, { run }: Runner): void {
  agents
    .command('find', { isDefault: true })
    .description('show the agents that match all that is asked for')
    .option('--id <id>', 'agent id')
    .option('--text <text>', 'anywhere in id, name, description, tags or skills')
    .option('--skill <id>', 'that have this skill')
    .option('--tag <tag>', 'that have this tag, or a skill that has')
    .option('--capability <capability>', 'that can do this')
    .addOption(
      new Option('--status <status>', 'in this state').choices([
        'starting',
        'healthy',
        'disabled',
        'failed',
        'stopped',
      ]),
    )
    .option('--watch', 'go on with every change')
    .addHelpText('after', findExamples)
    .action(
      run<FindOptions, []>((context, { id, text, skill, tag, capability, status, watch }) => {
        const query = { id, text, skill, tag, capability, status };
        return context.useNode(async (client) => {
          if (watch) {
            for await (const change of client.agents.watch(query, context.signal)) printChange(change, context);
            return 0;
          }
          const found = await client.agents.list(query);
          context.print({ agents: found }, () => formatAgents(found, context));
          return 0;
        });
      }),
    );
}

function addAdd(agents: Command, { run }: Runner): void {
  agents
    .command('add')
    .description('keep an A2A agent at an address as an agent of this fabric')
    .argument('<url>', 'base of the agent, or address of its card')
    .option('--id <id>', 'what it is called here; default: made of the name on its card')
    .option('--agent <id>', 'the agent it is a way to; default: its own id')
    .option('--tag <tag>', 'may be given several times', collect)
    .option('--weight <weight>', "share of the agent's calls", parseWeight)
    .option('--zone <zone>', 'where it is')
    .option('--keys <file>', 'JSON Web Key Set; only a card that one of its keys has signed counts')
    .option('--credential-env <name>', 'environment variable with its credential')
    .option('--header <name>', 'header for the credential; default: Authorization, as a bearer token')
    .addHelpText('after', addExamples)
    .action(
      run<AddOptions, [string]>(async (context, options, url) => {
        const { id, agent, tag: tags, weight, zone } = options;
        const keys = options.keys === undefined ? undefined : parseCardKeys(await readText(options.keys), options.keys);
        const given = { id, agent, tags, weight, zone, keys, credential: readCredential(options, context) };
        const request = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        return context.useNode(async (client) => {
          const added = await client.remoteAgents.add({ url, ...request });
          context.print({ agent: added }, () => `${added.id} is ${describe(added)}`);
          return 0;
        });
      }),
    );
}

function addRemove(agents: Command, { run }: Runner): void {
  agents
    .command('remove')
    .description('forget an agent that was added')
    .argument('<id>', 'as it was added')
    .addHelpText('after', '\nExamples:\n  parley agents remove far-analyst')
    .action(
      run<object, [string]>((context, _options, id) => {
        return context.useNode(async (client) => {
          await client.remoteAgents.remove(id);
          context.print({ id }, () => `${id} is no longer an agent of this fabric.`);
          return 0;
        });
      }),
    );
}

function addRemote(agents: Command, { run }: Runner): void {
  agents
    .command('remote')
    .description('show the agents that run elsewhere, and what is wrong with them')
    .addHelpText('after', '\nExamples:\n  parley agents remote')
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const remote = await client.remoteAgents.list();
          context.print({ agents: remote }, () => formatRemote(remote, context));
          return 0;
        });
      }),
    );
}

function readCredential({ credentialEnv, header }: AddOptions, { environment }: CommandContext): object | undefined {
  if (credentialEnv === undefined) return undefined;
  const value = environment[credentialEnv];
  if (!value) throw new ParleyError('INVALID_PARAMS', `The environment variable ${credentialEnv} is not set.`);
  return header === undefined ? { header: 'authorization', value: `Bearer ${value}` } : { header, value };
}

type Change = { readonly kind: 'agent'; readonly agent: AgentView } | { readonly kind: 'gone'; readonly id: string };

function printChange(change: Change, { json, terminal }: CommandContext): void {
  terminal.line(json ? JSON.stringify(change) : describeChange(change));
}

function describeChange(change: Change): string {
  if (change.kind === 'gone') return `${change.id}  gone`;
  const { id, status, version, reason } = change.agent;
  return [id, version, reason === undefined ? status : `${status}: ${reason}`].filter(Boolean).join('  ');
}

function formatAgents(agents: readonly AgentView[], { terminal }: CommandContext): string {
  if (agents.length === 0) return 'No agent matches.';
  const rows = agents.map(({ id, status, version, inFlight, queued, lastActivityAtMs, skills, reason }) => {
    const last = lastActivityAtMs === undefined ? '' : formatTime(lastActivityAtMs);
    const load = queued === 0 ? String(inFlight) : `${inFlight} + ${queued} waiting`;
    return [id, status, version, load, last, skills.map((skill) => skill.id).join(', '), reason ?? ''];
  });
  const head = ['AGENT', 'STATUS', 'VERSION', 'BUSY', 'LAST CALL', 'SKILLS', ''];
  return formatTable(head, rows, paintStatus(terminal.colors));
}

function formatRemote(agents: readonly RemoteAgentView[], { terminal }: CommandContext): string {
  if (agents.length === 0) return 'No agents that run elsewhere. Add one with "parley agents add URL".';
  const rows = agents.map(({ id, status, agentId, source, url, readAtMs, reason }) => {
    return [id, status, agentId, source, url, readAtMs === undefined ? '' : formatTime(readAtMs), reason ?? ''];
  });
  return formatTable(['ID', 'STATUS', 'AGENT', 'FROM', 'URL', 'CARD READ', ''], rows, paintStatus(terminal.colors));
}

function describe({ status, reason, url }: RemoteAgentView): string {
  const state = status === 'failed' ? `; failed: ${reason ?? ''}` : '';
  return `an agent of this fabric now, at ${url}${state}`;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function parseWeight(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of at least 0.');
}
