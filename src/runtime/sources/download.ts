import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, computeBackoffMs, ParleyError, sleep } from '../../base/index.ts';
import { toWriteError } from '../packages/write-error.ts';
import { type DownloadSubject, explainDownload, refuseStatus, tooLarge, tooLate } from './download-errors.ts';
import type { FetchResponse, PackageFetcher } from './package-fetcher.ts';
import type { PackageUrl } from './package-url.ts';

/** What to bring, and where to put it. */
export interface Download {
  readonly fetcher: PackageFetcher;
  readonly clock: Clock;
  readonly url: PackageUrl;
  /** A file that does not exist yet. */
  readonly target: string;
  /** Of a copy that is there already: when the other side still has the same, nothing is fetched. */
  readonly knownEtag?: string | undefined;
  readonly maxBytes: number;
  /** For all tries together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with every piece. */
  progress(receivedBytes: number, totalBytes: number | undefined): void;
}

/** What came of it. */
export type Downloaded =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'fetched'; readonly sha256: string; readonly size: number; readonly etag: string | undefined };

/** How often, and how long between two tries: 0.3 s, 0.6 s. */
const tries = 3;
const backoff = { baseMs: 300, multiplier: 2, maxMs: 10_000 } as const;
const silenceMs = 20_000;
const maxRedirects = 5;

/**
 * Brings a file to disk. After a cut it goes on where it was, if the other side can prove that it is the same file (a strong
 * ETag or a date), else from the start. Errors: DEADLINE_EXCEEDED, UNREACHABLE after the last try, NOT_FOUND, PERMISSION_DENIED,
 * PAYLOAD_TOO_LARGE, STORE_FULL, or the signal's own; none of them shows the address's query.
 */
export async function download(what: Download): Promise<Downloaded> {
  const { clock, url, target, maxBytes, timeoutMs, signal } = what;
  const subject: DownloadSubject = { shown: url.shown, maxBytes, timeoutMs, tries };
  const expired = new AbortController();
  const cancel = clock.schedule(timeoutMs, () => expired.abort(tooLate(subject)));
  const file = await openTarget(target);
  try {
    return await new Transfer(what, { file, subject, signal: AbortSignal.any([signal, expired.signal]) }).run();
  } finally {
    cancel();
    await file.close();
  }
}

async function openTarget(target: string): Promise<FileHandle> {
  try {
    return await open(target, 'wx', 0o600);
  } catch (thrown) {
    throw toWriteError(target, thrown);
  }
}

interface TransferParts {
  readonly file: FileHandle;
  readonly subject: DownloadSubject;
  readonly signal: AbortSignal;
}

/** The state of one download across its tries. */
class Transfer {
  readonly #what: Download;
  readonly #parts: TransferParts;
  #hash: Hash = createHash('sha256');
  #received = 0;
  #etag: string | undefined;
  /** What proves that a later answer is of the same file. */
  #validator: string | undefined;

  constructor(what: Download, parts: TransferParts) {
    this.#what = what;
    this.#parts = parts;
  }

  async run(): Promise<Downloaded> {
    const { signal, subject } = this.#parts;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#try();
      } catch (thrown) {
        const error = ParleyError.from(thrown);
        if (signal.aborted) throw signal.reason;
        const again = error.code === 'UNREACHABLE' || error.code === 'DEADLINE_EXCEEDED';
        if (!again || attempt + 1 >= tries) throw explainDownload(error, subject);
      }
      await sleep(this.#what.clock, computeBackoffMs(backoff, attempt), signal);
    }
  }

  async #try(): Promise<Downloaded> {
    if (this.#validator === undefined) await this.#startOver();
    const response = await this.#request();
    const { status } = response;
    if (status === 206 && continuesAt(response) === this.#received) return this.#receive(response);
    if (status === 200) {
      await this.#startOver();
      this.#remember(response);
      return this.#receive(response);
    }
    await response.discard();
    if (status === 304 && this.#received === 0 && this.#what.knownEtag !== undefined) return { kind: 'unchanged' };
    if (status === 206 || status === 416) await this.#startOver();
    throw refuseStatus(status, this.#parts.subject);
  }

  #request(): Promise<FetchResponse> {
    const { fetcher, url, knownEtag, maxBytes } = this.#what;
    const goOn = { range: `bytes=${this.#received}-`, 'if-range': this.#validator ?? '' };
    const known = knownEtag === undefined ? {} : { 'if-none-match': knownEtag };
    return fetcher.request({
      method: 'GET',
      url: url.href,
      headers: { ...url.headers, 'accept-encoding': 'identity', ...(this.#received > 0 ? goOn : known) },
      signal: this.#parts.signal,
      headTimeoutMs: silenceMs,
      idleTimeoutMs: silenceMs,
      maxBodyBytes: maxBytes - this.#received,
      maxRedirects,
    });
  }

  async #receive(response: FetchResponse): Promise<Downloaded> {
    const length = readLength(response);
    const total = length === undefined ? undefined : this.#received + length;
    if (total !== undefined && total > this.#what.maxBytes) {
      await response.discard();
      throw tooLarge(this.#parts.subject);
    }
    this.#what.progress(this.#received, total);
    for await (const chunk of response.body) {
      await this.#write(chunk);
      this.#what.progress(this.#received, total);
    }
    if (total !== undefined && this.#received !== total)
      throw new ParleyError('UNREACHABLE', 'the answer was cut short');
    return { kind: 'fetched', sha256: this.#hash.digest('hex'), size: this.#received, etag: this.#etag };
  }

  async #write(chunk: Uint8Array): Promise<void> {
    const { file } = this.#parts;
    try {
      for (let at = 0; at < chunk.byteLength; ) {
        const { bytesWritten } = await file.write(chunk, at, chunk.byteLength - at, this.#received + at);
        at += bytesWritten;
      }
    } catch (thrown) {
      throw toWriteError(this.#what.target, thrown);
    }
    this.#hash.update(chunk);
    this.#received += chunk.byteLength;
  }

  async #startOver(): Promise<void> {
    this.#validator = undefined;
    if (this.#received === 0) return;
    this.#hash = createHash('sha256');
    this.#received = 0;
    await this.#parts.file.truncate(0);
  }

  #remember({ headers }: FetchResponse): void {
    this.#etag = headers['etag'];
    const strong = this.#etag?.startsWith('"') ? this.#etag : undefined;
    this.#validator = strong ?? headers['last-modified'];
  }
}

function readLength({ headers }: FetchResponse): number | undefined {
  const length = headers['content-length'];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

function continuesAt({ headers }: FetchResponse): number | undefined {
  const [, from] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
  return from === undefined ? undefined : Number(from);
}
