import type { Readable } from 'node:stream';
import { deferred } from '../../base/index.ts';
import { createMarkedOutput, type MarkedOutput } from './marked-output.ts';

/** Takes bytes; while a promise that it gave back is open, no more are read. The promise never rejects. */
export type Outlet = (data: Buffer) => Promise<void> | undefined;

interface Reading {
  readonly output: MarkedOutput;
  readonly outlet: Outlet;
  readonly done: PromiseWithResolvers<void>;
}

/** Reads one output of a process for as long as it is open, and hands on what belongs to an execution; the rest is dropped. */
export class OutputPump {
  readonly #stream: Readable;
  #reading: Reading | undefined;
  #held = false;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#push(chunk));
    stream.on('error', () => {});
    stream.once('close', () => this.drop());
  }

  /** True while whoever takes the bytes asks to wait. */
  get held(): boolean {
    return this.#held;
  }

  /** Hands on what comes until the marker. Resolves behind the last byte; also when the output is closed. */
  read(marker: string, outlet: Outlet): Promise<void> {
    const done = deferred<void>();
    this.#reading = { output: createMarkedOutput(marker), outlet, done };
    if (this.#stream.closed) this.drop();
    return done.promise;
  }

  /** No marker will come: what is read from now on belongs to nobody. */
  drop(): void {
    this.#reading?.done.resolve();
    this.#reading = undefined;
  }

  #push(chunk: Buffer): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { data, ended } = reading.output.push(chunk);
    const held = data.length > 0 ? reading.outlet(data) : undefined;
    if (ended) this.drop();
    if (held === undefined) return;
    this.#held = true;
    this.#stream.pause();
    void held.finally(() => {
      this.#held = false;
      this.#stream.resume();
    });
  }
}
