import { ParleyError } from './errors.ts';

/** Something that acquires on `start` and gives back on `stop`. `stop` is called at most once, and only after `start`. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  /** Ends in order until `signal` aborts, then at once. */
  stop(signal: AbortSignal): Promise<void>;
}

/** Starts in order; when one fails, stops those already started, in reverse, and throws what happened. */
export async function startAll(components: readonly Component[]): Promise<void> {
  const started: Component[] = [];
  for (const component of components) {
    try {
      await component.start();
      started.push(component);
    } catch (thrown) {
      await stopAll(started, AbortSignal.timeout(5_000));
      throw ParleyError.from(thrown);
    }
  }
}

/** "At once" may take so long; what takes longer is left behind. */
const lateMs = 10_000;

/** Stops in reverse order; one that fails, or does not end, does not keep the others from stopping. Returns what failed. */
export async function stopAll(components: readonly Component[], signal: AbortSignal): Promise<readonly ParleyError[]> {
  const failures: ParleyError[] = [];
  for (const component of [...components].reverse()) {
    try {
      await stopInTime(component, signal);
    } catch (thrown) {
      failures.push(ParleyError.from(thrown));
    }
  }
  return failures;
}

async function stopInTime(component: Component, signal: AbortSignal): Promise<void> {
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const count = (): void => {
    const message = `${component.name} did not stop within ${lateMs / 1_000} s of being told to hurry; the others are stopped without it.`;
    timer = setTimeout(() => late.reject(new ParleyError('DEADLINE_EXCEEDED', message)), lateMs);
  };
  signal.addEventListener('abort', count, { once: true });
  if (signal.aborted) count();
  try {
    await Promise.race([component.stop(signal), late.promise]);
  } finally {
    signal.removeEventListener('abort', count);
    clearTimeout(timer);
  }
}
