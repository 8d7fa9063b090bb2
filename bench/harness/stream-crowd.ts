import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LoadPlan } from '../load/load-plan.ts';
import { createRequestTemplate } from '../load/request-template.ts';

type Plan = Pick<LoadPlan, 'url' | 'headers' | 'body'>;

/** How many connections are opened at the same time. */
const batch = 200;

/** Many readers of one stream, each on a socket of its own. */
export class StreamCrowd {
  readonly #sockets: Socket[] = [];
  #heard = new Set<Socket>();
  #all: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #text = '';

  get size(): number {
    return this.#sockets.length;
  }

  /** Opens so many readers; resolves when each has had its first event. */
  async open(plan: Plan, count: number): Promise<void> {
    const template = createRequestTemplate({ ...plan, connections: 1, warmUpMs: 0, measureMs: 0, expect: '' });
    for (let opened = 0; opened < count; opened += batch) {
      await Promise.all(Array.from({ length: Math.min(batch, count - opened) }, () => this.#add(plan, template)));
    }
  }

  /** Resolves with the ms between the first and the last reader to get the next event that holds the text. */
  async spread(text: string): Promise<number> {
    this.#heard = new Set();
    this.#all = Promise.withResolvers<void>();
    this.#text = text;
    const firstAt = Promise.withResolvers<number>();
    const watch = setInterval(() => {
      if (this.#heard.size > 0) firstAt.resolve(performance.now());
    }, 1);
    const begunAtMs = await firstAt.promise;
    clearInterval(watch);
    await this.#all.promise;
    return performance.now() - begunAtMs;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #add(plan: Plan, template: (nowMs: number) => Buffer | string): Promise<void> {
    const { hostname, port } = new URL(plan.url);
    const socket = connect({ host: hostname, port: Number(port) });
    this.#sockets.push(socket);
    socket.on('error', () => {});
    socket.write(template(Date.now()));
    const [head] = (await once(socket, 'data')) as [Buffer];
    if (!head.toString('latin1', 0, 15).includes(' 200')) throw new Error(`A reader was refused: ${head.toString()}`);
    socket.on('data', (bytes: Buffer) => this.#hear(socket, bytes));
  }

  #hear(socket: Socket, bytes: Buffer): void {
    if (this.#text === '' || !bytes.includes(this.#text)) return;
    this.#heard.add(socket);
    if (this.#heard.size === this.#sockets.length) this.#all.resolve();
  }
}
