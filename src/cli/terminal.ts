import picocolors from 'picocolors';

type Colors = ReturnType<typeof picocolors.createColors>;

/** Where a command writes: the payload to stdout, everything else to stderr. */
export interface Terminal {
  /** Payload, exactly as given. */
  write(text: string): void;
  /** Payload with a line end. */
  line(text: string): void;
  /** Progress, notes and errors. */
  note(text: string): void;
  /** How far something is: a line that the next one replaces. Nothing where no person is. */
  status(text: string): void;
  /** For payload; colourless unless stdout is a terminal and NO_COLOR is unset. */
  readonly colors: Colors;
  /** For notes; likewise for stderr. */
  readonly noteColors: Colors;
  /** A person sits at both ends: questions may be asked. */
  readonly interactive: boolean;
}

/** The terminal of a process. A reader that closes the pipe ends the output, not the program. */
export function createTerminal(process: NodeJS.Process): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const wanted = !env['NO_COLOR'];
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[2K');
    shown = false;
  };
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  return {
    write(text) {
      clear();
      stdout.write(text);
    },
    line(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    status(text) {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(text);
      shown = true;
    },
    colors: picocolors.createColors(wanted && stdout.isTTY === true),
    noteColors: picocolors.createColors(wanted && stderr.isTTY === true),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
  };
}
