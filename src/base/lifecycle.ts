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

/** Stops in reverse order; one that fails does not keep the others from stopping. Returns what failed. */
export async function stopAll(components: readonly Component[], signal: AbortSignal): Promise<readonly ParleyError[]> {
  const failures: ParleyError[] = [];
  for (const component of [...components].reverse()) {
    try {
      await component.stop(signal);
    } catch (thrown) {
      failures.push(ParleyError.from(thrown));
    }
  }
  return failures;
}
