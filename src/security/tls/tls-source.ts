import { stat } from 'node:fs/promises';
import { type Clock, type Component, type Logger, ParleyError } from '../../base/index.ts';
import { readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material.ts';

export interface TlsSourceOptions {
  readonly files: TlsFiles;
  /** How often the files are looked at. */
  readonly checkMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What TLS is spoken with, as the files are now. */
export interface TlsSource extends Component {
  readonly current: TlsMaterial;
  /** Called with each new material; the function that is given back ends that. */
  follow(listener: (material: TlsMaterial) => void): () => void;
}

/** Reads the files. CONFIG_INVALID when they cannot be used. From `start` to `stop` they are looked at again and again. */
export async function openTlsSource(options: TlsSourceOptions): Promise<TlsSource> {
  const mark = await readMark(options.files);
  return new WatchedFiles(options, mark, await readTlsMaterial(options.files, options.clock.now()));
}

class WatchedFiles implements TlsSource {
  readonly name = 'certificates';
  readonly #options: TlsSourceOptions;
  readonly #listeners = new Set<(material: TlsMaterial) => void>();
  #mark: string;
  #current: TlsMaterial;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: TlsSourceOptions, mark: string, current: TlsMaterial) {
    this.#options = options;
    this.#mark = mark;
    this.#current = current;
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  follow(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.schedule(this.#options.checkMs, () => {
      void this.#check().finally(() => this.#schedule());
    });
  }

  /** Files that do not fit together, as while they are being replaced, change nothing. */
  async #check(): Promise<void> {
    const { files, clock, logger } = this.#options;
    const mark = await readMark(files);
    if (mark === this.#mark) return;
    this.#mark = mark;
    try {
      this.#current = await readTlsMaterial(files, clock.now());
    } catch (thrown) {
      const { message } = ParleyError.from(thrown);
      logger.warn('The certificate has changed and cannot be used; the one before goes on.', { message });
      return;
    }
    const { expiresAtMs } = this.#current;
    logger.info('A new certificate is in use.', { expires: new Date(expiresAtMs).toISOString() });
    for (const listener of this.#listeners) listener(this.#current);
  }
}

/** Changes whenever a file does, also when a link comes to name another one. */
async function readMark({ cert, key, clientCa }: TlsFiles): Promise<string> {
  const names = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  const marks = names.map(async (name) => {
    const { mtimeMs, ctimeMs, size, ino } = await stat(name);
    return [mtimeMs, ctimeMs, size, ino].join(':');
  });
  return (await Promise.all(marks.map((mark) => mark.catch(() => 'missing')))).join(' ');
}
