import { setTimeout } from 'node:timers';
import { isFailure } from './outcome.js';

/** How long an item waits to learn whether it is the last one. */
const lookAheadMs = 20;

/**
 * The iterator behind what a handler returned, when it is a stream: an async iterable or a generator.
 *
 * @param {any} value
 * @returns {AsyncIterator<unknown> | Iterator<unknown> | undefined}
 */
export function iteratorOf(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof value[Symbol.asyncIterator] === 'function') return value[Symbol.asyncIterator]();
  return typeof value[Symbol.iterator] === 'function' && typeof value.next === 'function' ? value : undefined;
}

/**
 * Hands each item to `emit`, one after the other, and says of the last that it is the last. When the stream ends later than
 * a moment after its last item, an empty chunk closes it: items are never held back. An item `{status: "error"}` ends it.
 *
 * @param {AsyncIterator<unknown> | Iterator<unknown>} iterator
 * @param {(item: unknown, place: { append: boolean, lastChunk: boolean }) => Promise<unknown>} emit
 * @returns {Promise<unknown>} what the generator returned, or the item that says it failed
 */
export async function streamItems(iterator, emit) {
  try {
    return await pump(iterator, emit);
  } catch (error) {
    await Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  }
}

/**
 * @param {AsyncIterator<unknown> | Iterator<unknown>} iterator
 * @param {(item: unknown, place: { append: boolean, lastChunk: boolean }) => Promise<unknown>} emit
 */
async function pump(iterator, emit) {
  let append = false;
  let lastChunk = false;
  let item = await iterator.next();
  while (!item.done) {
    if (isFailure(item.value)) return stopWith(iterator, item.value);
    const next = Promise.resolve(iterator.next());
    next.catch(() => {});
    lastChunk = await endsSoon(next);
    await emit(item.value, { append, lastChunk });
    append = true;
    item = await next;
  }
  if (append && !lastChunk) await emit(undefined, { append, lastChunk: true });
  return item.value;
}

/** @param {AsyncIterator<unknown> | Iterator<unknown>} iterator @param {unknown} failure */
async function stopWith(iterator, failure) {
  await iterator.return?.();
  return failure;
}

/** @param {Promise<IteratorResult<unknown>>} next @returns {Promise<boolean>} */
function endsSoon(next) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lookAheadMs, false);
    const settle = (/** @type {boolean} */ ended) => {
      clearTimeout(timer);
      resolve(ended);
    };
    next.then(
      ({ done }) => settle(done === true),
      () => settle(false),
    );
  });
}
