import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { frameMessage } from './grpc-frame.ts';
import type { GrpcPlan } from './grpc-plan.ts';
import { Histogram } from './histogram.ts';
import type { LoadResult } from './load-plan.ts';

/** Keeps `streams` unary calls in flight on one connection, each begun when the one before it was answered. */
export async function generateGrpcLoad(plan: GrpcPlan): Promise<LoadResult> {
  const session = connectTo(plan.address);
  await once(session, 'connect');
  const run = new GrpcRun(plan, session);
  await Promise.all(Array.from({ length: plan.streams }, () => run.drive()));
  session.close();
  return run.result();
}

function connectTo(address: string): ClientHttp2Session {
  if (!address.startsWith('/')) return connect(`http://${address}`);
  return connect('http://localhost', { createConnection: () => connectSocket(address) });
}

class GrpcRun {
  readonly #plan: GrpcPlan;
  readonly #session: ClientHttp2Session;
  readonly #message: Buffer;
  readonly #expected: Buffer;
  readonly #times = new Histogram();
  readonly #startMs: number;
  readonly #endMs: number;
  #errors = 0;
  #firstError: string | undefined;

  constructor(plan: GrpcPlan, session: ClientHttp2Session) {
    this.#plan = plan;
    this.#session = session;
    this.#message = frameMessage(Buffer.from(plan.message));
    this.#expected = Buffer.from(plan.expect);
    this.#startMs = performance.now() + plan.warmUpMs;
    this.#endMs = this.#startMs + plan.measureMs;
  }

  async drive(): Promise<void> {
    while (performance.now() < this.#endMs) await this.#call();
  }

  #call(): Promise<void> {
    const { path, metadata } = this.#plan;
    const sentMs = performance.now();
    const stream = this.#session.request({
      ...{ ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc' },
      ...metadata,
    });
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let status = 'no status';
      const read = (headers: Readonly<Record<string, unknown>>): void => {
        status = String(headers['grpc-status'] ?? status);
      };
      stream.on('response', read).on('trailers', read);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      stream.on('close', () => {
        this.#record(status, Buffer.concat(chunks), sentMs);
        resolve();
      });
      stream.end(this.#message);
    });
  }

  #record(status: string, body: Buffer, sentMs: number): void {
    if (status !== '0' || !body.includes(this.#expected)) {
      this.#errors++;
      this.#firstError ??= `status ${status}, ${body.length} bytes`;
    }
    const nowMs = performance.now();
    if (nowMs >= this.#startMs && nowMs <= this.#endMs) this.#times.add((nowMs - sentMs) * 1_000);
  }

  result(): LoadResult {
    const requests = this.#times.count;
    const seconds = this.#plan.measureMs / 1_000;
    return {
      requests,
      errors: this.#errors,
      ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      seconds,
      perSecond: requests / seconds,
      p50Ms: this.#times.percentileMs(0.5),
      p99Ms: this.#times.percentileMs(0.99),
      maxMs: this.#times.maxMs,
      eventsPerAnswer: 0,
    };
  }
}
