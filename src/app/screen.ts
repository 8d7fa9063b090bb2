import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { AgentView, NodeOverview } from '../control/index.ts';

/** What `up` shows a person, or a program that reads lines of JSON. */
export interface Screen {
  up(node: NodeOverview): void;
  ready(agents: readonly AgentView[]): void;
  problem(message: string): void;
  stopping(): void;
  stopped(): void;
}

/** Text for a person on standard output, problems on standard error; or one JSON object a line. */
export function createScreen(output: 'text' | 'json'): Screen {
  return output === 'json' ? createJsonScreen() : createTextScreen();
}

function createJsonScreen(): Screen {
  const print = (event: string, fields: object = {}): void => {
    process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  };
  return {
    up: (node) => print('up', { node }),
    ready: (agents) => print('ready', { agents }),
    problem: (message) => print('problem', { message }),
    stopping: () => print('stopping'),
    stopped: () => print('stopped'),
  };
}

function createTextScreen(): Screen {
  const colors = pc.createColors(process.stdout.isTTY === true && !process.env['NO_COLOR']);
  const print = (line = ''): void => {
    process.stdout.write(`${line}\n`);
  };
  return {
    up(node) {
      print(`${colors.bold(`Parley ${node.version}`)} is up at ${colors.cyan(node.url)}`);
      print(colors.dim(`data in ${node.dataFolder}, operator token in operator.token there`));
    },
    ready(agents) {
      print();
      for (const line of formatTable(agents, colors)) print(line);
      const examples = suggest(agents);
      if (examples.length > 0) print(`\nTry next, from another terminal:`);
      for (const example of examples) print(`  ${colors.cyan(example)}`);
      print(colors.dim('\nCtrl-C stops everything.'));
    },
    problem: (message) => {
      process.stderr.write(`${colors.red('problem')} ${message}\n`);
    },
    stopping: () => print('\nStopping: work in flight is finished first, Ctrl-C again stops at once.'),
    stopped: () => print('Stopped.'),
  };
}

type Colors = ReturnType<typeof pc.createColors>;

function formatTable(agents: readonly AgentView[], colors: Colors): string[] {
  const rows = agents.map((agent) => [
    agent.id,
    agent.version,
    agent.status === 'healthy' ? colors.green(agent.status) : colors.red(agent.status),
    agent.skills.map(({ id }) => id).join(', '),
    agent.url,
  ]);
  const header = ['AGENT', 'VERSION', 'STATUS', 'SKILLS', 'A2A ADDRESS'].map((title) => colors.dim(title));
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => visibleLength(row[column]))));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - visibleLength(cell)));
}

function visibleLength(cell: string | undefined): number {
  return stripVTControlCharacters(cell ?? '').length;
}

/** What a newcomer can do with the agents there are. */
const suggestions: readonly { readonly agentId: string; readonly command: string }[] = [
  { agentId: 'wordcount', command: 'npx parley send wordcount "the quick brown fox"' },
  { agentId: 'reporter', command: 'npx parley send reporter --file examples/analyst/sales.csv' },
  { agentId: 'concierge', command: 'npx parley send concierge "Plan a dinner"' },
];

function suggest(agents: readonly AgentView[]): string[] {
  const healthy = new Set(agents.filter(({ status }) => status === 'healthy').map(({ id }) => id));
  return suggestions.filter(({ agentId }) => healthy.has(agentId)).map(({ command }) => command);
}
