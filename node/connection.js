import { createFrameDecoder, encodeFrame } from './frame-codec.js';

/** @typedef {import('./frame-codec.js').Frame} Frame */

const maxBatchBytes = 256 * 1024;

/** The worker's end of its socket to the node. All frames of one turn of the event loop leave in one write. */
export class Connection {
  /** @type {import('node:net').Socket} */
  #socket;
  /** @type {Buffer[]} */
  #batch = [];
  #batchBytes = 0;
  #scheduled = false;

  /**
   * @param {import('node:net').Socket} socket
   * @param {{ onFrame: (frame: Frame, files: Uint8Array[]) => void, onClose: (error?: Error) => void }} events
   */
  constructor(socket, { onFrame, onClose }) {
    this.#socket = socket;
    const decode = createFrameDecoder(onFrame);
    socket.on('data', (chunk) => {
      try {
        decode(chunk);
      } catch (error) {
        onClose(new Error(`the node sent something that is not a frame: ${messageOf(error)}`));
      }
    });
    socket.on('error', () => onClose());
    socket.on('close', () => onClose());
  }

  /**
   * @param {Frame} frame
   * @param {readonly Uint8Array[]} [files]
   */
  send(frame, files) {
    this.sendBytes(encodeFrame(frame, files));
  }

  /** @param {Buffer} bytes an encoded frame */
  sendBytes(bytes) {
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
    if (this.#batchBytes >= maxBatchBytes) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  /** Writes what is left, then calls back. @param {() => void} done */
  end(done) {
    this.#flush();
    this.#socket.end(done);
  }

  #flush() {
    if (this.#batchBytes === 0) return;
    const [first] = this.#batch;
    const single = this.#batch.length === 1 && first !== undefined;
    this.#socket.write(single ? first : Buffer.concat(this.#batch, this.#batchBytes));
    this.#batch = [];
    this.#batchBytes = 0;
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
