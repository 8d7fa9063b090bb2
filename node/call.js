import { createContext } from './context.js';
import { EventOutbox } from './event-outbox.js';
import { encodeFrame } from './frame-codec.js';
import { limitText } from './limit-text.js';
import { outcomeOf } from './outcome.js';
import { inputOf, partsOfValue, readParts, summarizeParts } from './parts.js';
import { iteratorOf, streamItems } from './stream-items.js';

/** @typedef {import('./frame-codec.js').Frame & import('./agent-client.js').InvocationFacts} InvokeFrame */
/** @typedef {import('./frame-codec.js').Frame} Frame */
/** @typedef {import('./load-skills.js').Handler} Handler */

/** One call of a handler, from `invoke` to `result` or `error`. */
export class Call {
  /** The `invoke` frame. @type {InvokeFrame} */
  frame;
  /** The caller's parts, with bytes. @type {any[]} */
  parts;
  /** @type {import('./connection.js').Connection} */
  #connection;
  #maxFrameBytes;
  #abort = new AbortController();
  #outbox;
  /** Answers that came before their question. @type {any[]} */
  #answers = [];
  /** @type {PromiseWithResolvers<any>[]} */
  #questions = [];

  /**
   * @param {InvokeFrame} frame
   * @param {readonly Uint8Array[]} files
   * @param {{ connection: import('./connection.js').Connection, maxFrameBytes: number }} options
   */
  constructor(frame, files, { connection, maxFrameBytes }) {
    this.frame = frame;
    this.parts = readParts(frame.parts, files);
    this.#connection = connection;
    this.#maxFrameBytes = maxFrameBytes;
    this.#outbox = new EventOutbox((bytes) => connection.sendBytes(bytes), frame.credit);
  }

  get signal() {
    return this.#abort.signal;
  }

  /** Runs the handler and sends how it ended, after the events that it sent. Never rejects. @param {Handler} handler */
  async run(handler) {
    const last = await this.#perform(handler).catch((error) => this.#failure(error));
    await this.#outbox.drained().catch(() => {});
    this.#outbox.close(new Error('the call is over'));
    this.#connection.sendBytes(this.signal.aborted ? this.#canceled() : last);
  }

  /** Sends an event as soon as there is credit for it. @param {object} event @param {readonly Uint8Array[]} files */
  emit(event, files) {
    const sent = this.#outbox.push(this.#encode({ type: 'event', call: this.frame.call, event }, files));
    sent.catch(() => {});
    return sent;
  }

  /**
   * The next answer of the caller. An answer that was recorded before a crash is taken without asking again.
   *
   * @param {unknown} question
   * @param {string} state
   * @returns {Promise<any>}
   */
  async ask(question, state) {
    this.signal.throwIfAborted();
    if (this.#answers.length > 0) return this.#answers.shift();
    const { parts, files } = partsOfValue(question);
    this.emit({ kind: 'ask', state, parts }, files);
    const answer = Promise.withResolvers();
    answer.promise.catch(() => {});
    this.#questions.push(answer);
    return answer.promise;
  }

  /** @param {Frame} frame @param {readonly Uint8Array[]} files */
  takeAnswer(frame, files) {
    const parts = readParts(frame.parts, files);
    const answer = { messageId: frame.messageId, ...summarizeParts(parts), parts };
    const question = this.#questions.shift();
    if (question === undefined) this.#answers.push(answer);
    else question.resolve(answer);
  }

  /** @param {number} bytes */
  addCredit(bytes) {
    this.#outbox.addCredit(bytes);
  }

  /**
   * Tells the handler to stop; what it still sends or returns is dropped.
   *
   * @param {{ code: string, message: string }} why
   */
  cancel({ code, message }) {
    if (this.signal.aborted) return;
    const reason = Object.assign(new Error(message), { name: 'AbortError', code });
    this.#outbox.close(reason);
    for (const question of this.#questions.splice(0)) question.reject(reason);
    this.#abort.abort(reason);
  }

  /** @param {'debug' | 'info' | 'warn' | 'error'} level @param {string} message */
  log(level, message) {
    this.#connection.send({ type: 'log', level, message: limitText(message), call: this.frame.call });
  }

  /** The frame that ends the call. @param {Handler} handler */
  async #perform(handler) {
    const value = await handler(inputOf(this.parts, this.frame.skill), createContext(this));
    const iterator = iteratorOf(value);
    const { files, ...outcome } = outcomeOf(iterator === undefined ? value : await this.#stream(iterator));
    return this.#encode({ type: 'result', call: this.frame.call, ...outcome }, files);
  }

  /** @param {AsyncIterator<unknown> | Iterator<unknown>} iterator */
  #stream(iterator) {
    return streamItems(iterator, async (item, place) => {
      this.signal.throwIfAborted();
      const { parts, files } = partsOfValue(item);
      await this.emit({ kind: 'artifact', artifactId: 'stream', ...place, parts }, files);
    });
  }

  /** @param {Frame} frame @param {readonly Uint8Array[]} files */
  #encode(frame, files) {
    const bytes = encodeFrame(frame, files);
    if (bytes.length <= this.#maxFrameBytes) return bytes;
    throw new Error(
      `the agent sent ${bytes.length} bytes at once, over the limit of ${this.#maxFrameBytes}: send artifacts in several chunks`,
    );
  }

  /** @param {unknown} error */
  #failure(error) {
    if (!this.signal.aborted)
      this.log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
    return encodeFrame({ type: 'error', call: this.frame.call, code: 'AGENT_ERROR', message: messageOf(error) });
  }

  #canceled() {
    return encodeFrame({ type: 'error', call: this.frame.call, code: 'CANCELED', message: this.signal.reason.message });
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return limitText((error instanceof Error ? error.message || error.name : String(error)) || 'the handler threw');
}
