/**
 * The events of one call on their way out, in order, as far as the node's credit goes. A frame leaves when any credit is
 * left, so one that is longer than the whole credit still gets through; what it takes beyond is owed.
 */
export class EventOutbox {
  /** @type {(bytes: Buffer) => void} */
  #send;
  #credit;
  /** @type {{ bytes: Buffer, sent: PromiseWithResolvers<void> }[]} */
  #waiting = [];
  /** @type {Error | undefined} */
  #closed;

  /**
   * @param {(bytes: Buffer) => void} send
   * @param {number} credit bytes
   */
  constructor(send, credit) {
    this.#send = send;
    this.#credit = credit;
  }

  /**
   * Resolves when the frame has left; rejects when the call was cancelled before.
   *
   * @param {Buffer} bytes
   * @returns {Promise<void>}
   */
  push(bytes) {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#credit > 0 && this.#waiting.length === 0) {
      this.#spend(bytes);
      return Promise.resolve();
    }
    const sent = Promise.withResolvers();
    this.#waiting.push({ bytes, sent });
    return sent.promise;
  }

  /** @param {number} bytes */
  addCredit(bytes) {
    this.#credit += bytes;
    while (this.#credit > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#spend(next.bytes);
      next.sent.resolve();
    }
  }

  /** Resolves when all that was pushed so far has left. @returns {Promise<void>} */
  async drained() {
    await this.#waiting.at(-1)?.sent.promise;
  }

  /** What waits is dropped, its promises reject, and so does every later push. @param {Error} reason */
  close(reason) {
    this.#closed = reason;
    for (const { sent } of this.#waiting.splice(0)) {
      sent.promise.catch(() => {});
      sent.reject(reason);
    }
  }

  /** @param {Buffer} bytes */
  #spend(bytes) {
    this.#credit -= bytes.length;
    this.#send(bytes);
  }
}
