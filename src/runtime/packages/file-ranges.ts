import type { FileHandle } from 'node:fs/promises';
import { RandomAccessReader } from 'yauzl';

type ReadDone = (error: Error | null, bytesRead?: number) => void;

/**
 * What the zip reader reads through. It checks each range first: a directory that claims an offset of 2^64 would make the
 * reader's own file access throw inside a callback, which ends the process. It never closes the handle.
 */
export class FileRanges extends RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #size: number;

  constructor(handle: FileHandle, size: number) {
    super();
    this.#handle = handle;
    this.#size = size;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: ReadDone): void {
    if (position < 0 || length < 0 || position + length > this.#size) {
      done(new Error(`it points to byte ${position + length}, and the file has ${this.#size}`));
      return;
    }
    this.#handle.read(buffer, offset, length, position).then(
      ({ bytesRead }) => done(null, bytesRead),
      (error: Error) => done(error),
    );
  }
}
