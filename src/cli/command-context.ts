import { ParleyError } from '../base/index.ts';
import type { ControlClient } from '../control/index.ts';
import { findAccess, findDataFolder, isLoopback } from './discovery.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly format?: 'text' | 'json';
  readonly url?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly dataFolder?: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Absolute. */
  readonly dataFolder: string;
  /** The node is on this machine, and sees its files. */
  readonly nodeIsLocal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person at the terminal has enough. */
  readonly signal: AbortSignal;
  /** The payload: as JSON, or as the text that `text` makes of it. */
  print(value: unknown, text: () => string): void;
  /** Runs with a client of the node, and closes it. */
  useNode<T>(run: (client: ControlClient) => Promise<T>): Promise<T>;
  /** A signal that also aborts, with DEADLINE_EXCEEDED, after so many seconds. */
  limit(seconds: number | undefined, what: string): AbortSignal;
}

export interface ContextOptions {
  readonly options: GlobalOptions;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The context of one command. */
export function createContext({ options, terminal, environment, signal }: ContextOptions): CommandContext {
  const json = options.format === 'json';
  const dataFolder = findDataFolder(options.dataFolder, environment);
  return {
    terminal,
    json,
    dataFolder,
    environment,
    get nodeIsLocal() {
      return isLoopback(findAccess({ ...options, dataFolder }, environment).url);
    },
    signal,
    print: (value, text) => terminal.line(json ? JSON.stringify(value, undefined, 2) : text()),
    async useNode(run) {
      // Loaded here, so that commands without a node start at once.
      const { createControlClient } = await import('../control/index.ts');
      const client = createControlClient({
        ...findAccess({ ...options, dataFolder }, environment),
        signal: giveUpAfter(signal),
      });
      try {
        return await run(client);
      } finally {
        await client.close();
      }
    },
    limit: (seconds, what) => (seconds === undefined ? signal : AbortSignal.any([signal, expire(seconds, what)])),
  };
}

/** What works page by page ends behind the page that is under way when it is interrupted; only a node that does not answer is left. */
const answerGraceMs = 2_000;

/** Aborts for the same reason as `interrupted`, a moment later. */
function giveUpAfter(interrupted: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(interrupted.reason);
  interrupted.addEventListener('abort', () => setTimeout(giveUp, answerGraceMs).unref(), { once: true });
  return controller.signal;
}

function expire(seconds: number, what: string): AbortSignal {
  const controller = new AbortController();
  const message = `${what} took longer than ${seconds} s; raise --timeout, or go on without waiting.`;
  setTimeout(() => controller.abort(new ParleyError('DEADLINE_EXCEEDED', message)), seconds * 1_000).unref();
  return controller.signal;
}
