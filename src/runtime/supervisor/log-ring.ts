import type { Clock } from '../../base/index.ts';
import type { LogLine } from '../deployments/model.ts';

export interface LogRingOptions {
  readonly deploymentId: string;
  readonly clock: Clock;
  readonly maxLines: number;
  readonly maxBytes: number;
}

export type LogEntry = Pick<LogLine, 'workerId' | 'stream' | 'level' | 'message'>;

const lineOverheadBytes = 100;

/** The newest log lines of one deployment, bounded in lines and bytes. Sequences go on where old lines were dropped. */
export class LogRing {
  readonly #options: LogRingOptions;
  readonly #waiting = new Set<() => void>();
  #lines: LogLine[] = [];
  #head = 0;
  #bytes = 0;
  #sequence = 0;

  constructor(options: LogRingOptions) {
    this.#options = options;
  }

  append(entry: LogEntry): void {
    const { deploymentId, clock } = this.#options;
    const line: LogLine = { ...entry, sequence: ++this.#sequence, atMs: clock.now(), deploymentId };
    this.#lines.push(line);
    this.#bytes += sizeOf(line);
    this.#trim();
    for (const wake of [...this.#waiting]) wake();
  }

  /** Kept lines with sequence > `after`, oldest first, the newest `limit` of them. */
  read(after: number, limit: number): readonly LogLine[] {
    const first = this.#sequence - (this.#lines.length - this.#head) + 1;
    const from = this.#head + Math.max(0, after + 1 - first);
    return this.#lines.slice(Math.max(from, this.#lines.length - limit));
  }

  /** Lines as they come, until the signal aborts. A slow reader finds a gap where lines were dropped. */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<LogLine, void, undefined> {
    let seen = after;
    while (!signal.aborted) {
      for (const line of this.read(seen, this.#options.maxLines)) {
        if (signal.aborted) return;
        seen = line.sequence;
        yield line;
      }
      if (seen >= this.#sequence) await this.#next(signal);
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #trim(): void {
    const { maxLines, maxBytes } = this.#options;
    while (this.#lines.length - this.#head > maxLines || this.#bytes > maxBytes) {
      const oldest = this.#lines[this.#head];
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
      this.#head++;
    }
    if (this.#head * 2 < this.#lines.length) return;
    this.#lines = this.#lines.slice(this.#head);
    this.#head = 0;
  }
}

function sizeOf(line: LogLine): number {
  return line.message.length * 2 + lineOverheadBytes;
}
