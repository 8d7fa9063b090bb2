import type { ParleyError } from '../../base/index.ts';
import type { DeploymentView, LogLine } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import type { Place } from './find-places.ts';

/** What `dev` shows, to a person or as lines of JSON. */
export interface DevScreen {
  /** `own`: the node was started for this folder and ends with it. */
  up(node: { readonly url: string; readonly own: boolean; readonly folder: string }): void;
  healthy(reload: Reload): void;
  problem(problem: DevProblem): void;
  log(line: LogLine): void;
  stopping(): void;
  stopped(): void;
}

/** A version that took over. */
export interface Reload {
  readonly view: DeploymentView;
  readonly tookMs: number;
  /** What changed; undefined for the first version. */
  readonly changed: readonly string[] | undefined;
  /** Where it is called. */
  readonly url: string;
}

/** A version that did not. */
export interface DevProblem {
  readonly error: ParleyError;
  readonly places: readonly Place[];
  /** An earlier version goes on. */
  readonly running: boolean;
}

/** A screen on the terminal. */
export function createDevScreen(terminal: Terminal, json: boolean): DevScreen {
  return json ? createJsonScreen(terminal) : createTextScreen(terminal);
}

function createJsonScreen(terminal: Terminal): DevScreen {
  const print = (event: string, fields: object = {}): void => terminal.line(JSON.stringify({ event, ...fields }));
  return {
    up: (node) => print('up', node),
    healthy: ({ view, tookMs, changed, url }) => {
      const { id, agentId, packageId, warnings } = view;
      const event = changed === undefined ? 'healthy' : 'reloaded';
      print(event, { tookMs, deploymentId: id, agentId, packageId, url, warnings, ...(changed && { changed }) });
    },
    problem: ({ error, places, running }) => {
      const { code, message, details } = error;
      print('problem', { error: { code, message, details }, places, running });
    },
    log: (line) => print('log', { line }),
    stopping: () => print('stopping'),
    stopped: () => print('stopped'),
  };
}

function createTextScreen({ line: print, colors }: Terminal): DevScreen {
  return {
    up({ url, own, folder }) {
      print(`${own ? 'A node for this folder is' : 'The node'} at ${colors.cyan(url)}`);
      print(colors.dim(`watching ${folder}; Ctrl-C stops`));
    },
    healthy({ view, tookMs, changed, url }) {
      for (const warning of view.warnings) print(`${colors.yellow('warning')} ${warning}`);
      if (changed !== undefined) print(`${colors.green(`reloaded in ${tookMs} ms`)} ${colors.dim(changed.join(', '))}`);
      else print(`${colors.green(`${view.packageId} is healthy after ${tookMs} ms`)} ${colors.cyan(url)}`);
    },
    problem({ error, places, running }) {
      const told = places.length > 0 && places.every(({ message }) => message !== undefined);
      if (!told) print(`${colors.red('error')} ${error.message}`);
      for (const place of places) print(formatPlace(place, colors));
      print(
        colors.dim(running ? 'the version before goes on' : 'nothing runs yet; it is tried again when a file changes'),
      );
    },
    log({ atMs, stream, level, message }) {
      const paint = { debug: colors.dim, info: String, warn: colors.yellow, error: colors.red }[level];
      print(`${colors.dim(`${formatTime(atMs).slice(11)} ${stream === 'log' ? level : stream}`)} ${paint(message)}`);
    },
    stopping: () => print(colors.dim('stopping')),
    stopped: () => print(colors.dim('stopped')),
  };
}

function formatPlace({ file, line, column, message, text }: Place, colors: Terminal['colors']): string {
  const at = colors.bold([file, line, ...(column === undefined ? [] : [column])].join(':'));
  const head = message === undefined ? `at ${at}` : `${colors.red('error')} ${at} ${message}`;
  if (text === undefined) return head;
  const margin = `${line} | `;
  const mark = column === undefined ? '' : `\n${' '.repeat(margin.length + column - 1)}${colors.red('^')}`;
  return `${head}\n${colors.dim(margin)}${text}${mark}`;
}
