import type { Clock } from '../../base/index.ts';

/** A second look before the verdict: after a pause of the node itself the answer may wait, unread, in the socket. */
const secondLookMs = 250;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly ping: (id: number) => void;
  /** Called once; nothing more is pinged. */
  readonly onSilent: () => void;
}

/** Asks again and again whether a worker still answers. */
export interface Liveness {
  answer(id: number): void;
  stop(): void;
}

/** Starts with the first ping one interval from now. */
export function startLiveness(options: LivenessOptions): Liveness {
  const { clock, intervalMs, timeoutMs, ping, onSilent } = options;
  let asked = 0;
  let answered = 0;
  const ask = (): void => {
    ping(++asked);
    cancel = clock.schedule(timeoutMs, look);
  };
  const look = (): void => {
    cancel = clock.schedule(secondLookMs, () => (answered === asked ? ask() : onSilent()));
  };
  let cancel = clock.schedule(intervalMs, ask);
  return {
    answer(id) {
      if (id !== asked || answered === asked) return;
      answered = id;
      cancel();
      cancel = clock.schedule(intervalMs, ask);
    },
    stop: () => cancel(),
  };
}
