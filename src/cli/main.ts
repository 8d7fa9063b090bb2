import { ParleyError } from '../base/index.ts';
import { loadCommands } from './load-commands.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';
import { createRunner } from './runner.ts';
import { createTerminal } from './terminal.ts';

/** The program `parley`: arguments without the program's name; the answer is the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = createTerminal(process);
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new ParleyError('CANCELED', 'Interrupted.'));
  const runner = createRunner({ terminal, environment: process.env, signal: interrupted.signal });
  const json = wantsJson(argv);
  const program = createProgram(runner, await loadCommands(argv[0]), json);
  // `up` has its own way to stop; a second signal ends any other command at once.
  program.hook('preAction', (_, command) => {
    if (command.name() !== 'up') process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  });
  // A wait between two tries holds nothing open by itself, and the process must not end in it.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return runner.exitCode;
  } catch (thrown) {
    return reportError(thrown, terminal, json);
  } finally {
    clearInterval(alive);
  }
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, at) => /^(-o|--format=)json$/.test(word) || (/^(-o|--format)$/.test(word) && argv[at + 1] === 'json'),
  );
}
