import type { RedisClient } from '../../drivers/redis/index.ts';

/** A message that wakes may get lost with a server: everybody looks by himself now and then. */
const lookAgainMs = 2_000;

/** Something that may be woken before anybody waits for it. */
export interface Waker {
  /** Resolves when it was woken since the last call, when the signal aborts, or after a while. */
  wait(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Is woken by each message on the channel. */
export async function openWaker(redis: RedisClient, channel: string): Promise<Waker> {
  let isAwake = true;
  let resume: (() => void) | undefined;
  const wake = (): void => {
    isAwake = true;
    resume?.();
  };
  const leaveGap = redis.onGap(wake);
  const leaveChannel = await redis.subscribe(channel, wake);
  return {
    async wait(signal) {
      if (!isAwake && !signal.aborted) await pause(signal, (run) => (resume = run));
      isAwake = false;
    },
    close() {
      leaveGap();
      leaveChannel();
      wake();
    },
  };
}

function pause(signal: AbortSignal, onResume: (run: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, lookAgainMs);
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
    onResume(done);
  });
}
