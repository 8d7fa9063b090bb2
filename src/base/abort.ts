/** Rejects with the signal's reason when it aborts first; the promise itself goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody waits for it any more: what becomes of it must not end the process.
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A promise with its handles outside. */
export function deferred<T>(): PromiseWithResolvers<T> {
  const handles = Promise.withResolvers<T>();
  handles.promise.catch(() => {});
  return handles;
}
