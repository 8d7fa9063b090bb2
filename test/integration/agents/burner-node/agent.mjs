import { spawn } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';

const sayPid = (context, pid = process.pid) => context.status({ pid });

/** Looks at its signal between two slices. */
export async function polite(_input, context) {
  await sayPid(context);
  for (;;) {
    burn();
    await turn();
    context.signal.throwIfAborted();
  }
}

/** Lets others run, and never looks at its signal. */
export async function deaf(_input, context) {
  await sayPid(context);
  for (;;) {
    burn();
    await turn();
  }
}

/** Lets nobody run. */
export async function blocked(_input, context) {
  await sayPid(context);
  await turn();
  for (;;) burn();
}

/** Leaves the work to a program that does not heed SIGTERM, and waits for it without end. */
export async function child(_input, context) {
  const program = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do :; done'], { stdio: 'ignore' });
  await sayPid(context, program.pid);
  await new Promise(() => {});
}

function burn() {
  const endMs = performance.now() + 20;
  while (performance.now() < endMs);
}
