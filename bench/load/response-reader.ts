export interface Response {
  readonly status: number;
  readonly body: Buffer;
}

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Reads HTTP/1.1 answers off one connection, by Content-Length or in chunks, exactly to their last byte. */
export class ResponseReader {
  readonly #done: (response: Response) => void;
  #rest: Buffer = Buffer.alloc(0);
  #status = 0;
  #body: Buffer[] = [];
  /** Bytes of the body that are still to come; undefined while a line or a head is expected. */
  #missing: number | undefined;
  #mode: 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' = 'head';

  constructor(done: (response: Response) => void) {
    this.#done = done;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step()) {}
  }

  /** Takes what can be taken; false: more bytes are needed. */
  #step(): boolean {
    switch (this.#mode) {
      case 'head':
        return this.#takeHead();
      case 'length':
        return this.#takeBody() && this.#finish();
      case 'chunk-size':
        return this.#takeChunkSize();
      case 'chunk':
        return this.#takeBody() && this.#expectChunk();
      case 'trailer':
        return this.#takeLine() !== undefined && this.#finish();
    }
  }

  #takeHead(): boolean {
    const end = this.#rest.indexOf(headEnd);
    if (end < 0) return false;
    const head = this.#rest.toString('latin1', 0, end).toLowerCase();
    this.#rest = this.#rest.subarray(end + headEnd.length);
    this.#status = Number(head.slice(9, 12));
    if (head.includes('transfer-encoding: chunked')) this.#mode = 'chunk-size';
    else {
      this.#mode = 'length';
      this.#missing = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
    }
    return true;
  }

  #takeChunkSize(): boolean {
    const line = this.#takeLine();
    if (line === undefined) return false;
    if (line === '') return true;
    const size = Number.parseInt(line, 16);
    this.#mode = size === 0 ? 'trailer' : 'chunk';
    this.#missing = size;
    return true;
  }

  #expectChunk(): boolean {
    this.#mode = 'chunk-size';
    return true;
  }

  #takeBody(): boolean {
    const missing = this.#missing ?? 0;
    const taken = this.#rest.subarray(0, missing);
    if (taken.length > 0) this.#body.push(taken);
    this.#rest = this.#rest.subarray(taken.length);
    this.#missing = missing - taken.length;
    return this.#missing === 0;
  }

  #takeLine(): string | undefined {
    const end = this.#rest.indexOf(lineEnd);
    if (end < 0) return undefined;
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + lineEnd.length);
    return line;
  }

  #finish(): boolean {
    const [first = Buffer.alloc(0)] = this.#body;
    const body = this.#body.length < 2 ? first : Buffer.concat(this.#body);
    this.#body = [];
    this.#mode = 'head';
    this.#done({ status: this.#status, body });
    return this.#rest.length > 0;
  }
}

const field = Buffer.from('data:');
const newline = 0x0a;

/** How many events a stream of server-sent events holds; each of ours has one data line. */
export function countEvents(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(field); at >= 0; at = body.indexOf(field, at + 1)) {
    if (at === 0 || body[at - 1] === newline) count++;
  }
  return count;
}
