import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Histogram } from './histogram.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import { createRequestTemplate } from './request-template.ts';
import { countEvents, type Response, ResponseReader } from './response-reader.ts';

/** Keeps `connections` requests in flight, one per connection, each sent when the one before it was answered. */
export async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const run = new Run(plan);
  await Promise.all(Array.from({ length: plan.connections }, () => run.drive()));
  return run.result();
}

class Run {
  readonly #plan: LoadPlan;
  readonly #request: (unique: number) => Buffer;
  readonly #expected: Buffer;
  readonly #times = new Histogram();
  readonly #startMs: number;
  readonly #endMs: number;
  /** Between two requests of one connection. */
  readonly #pauseMs: number;
  #lastMs: number;
  #sent = 0;
  #errors = 0;
  #events = 0;
  #firstError: string | undefined;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#request = createRequestTemplate(plan);
    this.#expected = Buffer.from(plan.expect);
    this.#startMs = performance.now() + plan.warmUpMs;
    this.#endMs = this.#startMs + plan.measureMs;
    this.#lastMs = this.#startMs;
    this.#pauseMs = plan.perSecond === undefined ? 0 : (plan.connections * 1_000) / plan.perSecond;
  }

  /** Uses one connection until the time is over. */
  drive(): Promise<void> {
    const socket = this.#connect();
    return new Promise((resolve, reject) => {
      let sentMs = 0;
      let dueMs = performance.now() + Math.random() * this.#pauseMs;
      const send = (): void => {
        sentMs = performance.now();
        if (this.#isOver(sentMs)) socket.end();
        else this.#send(socket);
      };
      const next = (): void => {
        const waitMs = dueMs - performance.now();
        dueMs += this.#pauseMs;
        if (this.#pauseMs === 0 || waitMs <= 0) send();
        else setTimeout(send, waitMs);
      };
      const reader = new ResponseReader((response) => {
        this.#record(response, sentMs);
        next();
      });
      socket.on('connect', next);
      socket.on('data', (bytes) => reader.push(bytes));
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
  }

  #connect(): Socket {
    const { url, socketPath } = this.#plan;
    const { hostname, port } = new URL(url);
    return connect(
      socketPath === undefined ? { host: hostname, port: Number(port), noDelay: true } : { path: socketPath },
    );
  }

  #isOver(nowMs: number): boolean {
    return nowMs >= this.#endMs || this.#sent >= (this.#plan.maxRequests ?? Number.POSITIVE_INFINITY);
  }

  #send(socket: Socket): void {
    this.#sent++;
    socket.write(this.#request(this.#sent));
  }

  #record({ status, body }: Response, sentMs: number): void {
    const nowMs = performance.now();
    const good = status === 200 && body.includes(this.#expected);
    if (!good) {
      this.#errors++;
      this.#firstError ??= `${status} ${body.toString('utf8', 0, 500)}`;
    }
    if (nowMs < this.#startMs || nowMs > this.#endMs) return;
    this.#times.add((nowMs - sentMs) * 1_000);
    this.#events += countEvents(body);
    this.#lastMs = nowMs;
  }

  result(): LoadResult {
    const requests = this.#times.count;
    const seconds = (this.#lastMs - this.#startMs) / 1_000;
    return {
      requests,
      errors: this.#errors,
      ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      seconds,
      perSecond: seconds > 0 ? requests / seconds : 0,
      p50Ms: this.#times.percentileMs(0.5),
      p99Ms: this.#times.percentileMs(0.99),
      maxMs: this.#times.maxMs,
      eventsPerAnswer: requests > 0 ? this.#events / requests : 0,
    };
  }
}
