/** What the signals to a node's process ask for. */
export interface StopSignals {
  /** End in order. */
  readonly stop: AbortSignal;
  /** Do not wait for what is under way. */
  readonly hurry: AbortSignal;
  /** A signal came, or somebody else wants the node to end. */
  readonly onSignal: () => void;
}

/** One Ctrl-C may come twice: from the terminal, and from the npm that runs between the two and passes it on. */
const sameSignalMs = 250;

/** The first signal asks for a stop in order; a second one, unless it is the first once more, asks for haste. `now` in milliseconds. */
export function createStopSignals(now: () => number): StopSignals {
  const stop = new AbortController();
  const hurry = new AbortController();
  let stoppedAtMs = 0;
  const onSignal = (): void => {
    if (stop.signal.aborted) {
      if (now() - stoppedAtMs >= sameSignalMs) hurry.abort();
      return;
    }
    stoppedAtMs = now();
    stop.abort();
  };
  return { stop: stop.signal, hurry: hurry.signal, onSignal };
}
