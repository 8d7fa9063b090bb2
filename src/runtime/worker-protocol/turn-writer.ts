/** Puts encoded frames together, so that those of one turn of the event loop leave in one write. */
export interface TurnWriter {
  /** Takes the bytes; they are written when the turn ends, or at once when more than the cap has come together. */
  write(frame: Buffer): void;
  /** Writes what has come together now. */
  flush(): void;
}

export interface TurnWriterOptions {
  /** Called with what is to be written, once per batch. */
  readonly write: (batch: Buffer) => void;
  /** A batch that reaches this many bytes does not wait for the end of the turn. Default 256 kB. */
  readonly maxBatchBytes?: number;
  /** Runs its argument when the turn ends. Default `setImmediate`. */
  readonly atEndOfTurn?: (task: () => void) => void;
}

/** A writer for one connection. */
export function createTurnWriter(options: TurnWriterOptions): TurnWriter {
  const { maxBatchBytes = 256 * 1024, atEndOfTurn = setImmediate } = options;
  let frames: Buffer[] = [];
  let size = 0;
  let scheduled = false;

  const flush = (): void => {
    if (size === 0) return;
    const [first] = frames;
    const batch = frames.length === 1 && first !== undefined ? first : Buffer.concat(frames, size);
    frames = [];
    size = 0;
    options.write(batch);
  };

  const endTurn = (): void => {
    scheduled = false;
    flush();
  };

  const write = (frame: Buffer): void => {
    frames.push(frame);
    size += frame.byteLength;
    if (size >= maxBatchBytes) {
      flush();
    } else if (!scheduled) {
      scheduled = true;
      atEndOfTurn(endTurn);
    }
  };

  return { write, flush };
}
