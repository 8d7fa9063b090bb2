import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LoadPlan } from '../load/load-plan.ts';
import { createRequestTemplate } from '../load/request-template.ts';
import { type Response, ResponseReader } from '../load/response-reader.ts';

/** A caller that reads the beginning of a stream and then nothing, until it is told to go on. */
export class StalledReader {
  readonly #socket: Socket;
  readonly #answer: Promise<Response>;
  readonly #taskId: Promise<string>;

  /** Sends the call; stops reading behind the first event unless `reads`. */
  constructor(plan: Pick<LoadPlan, 'url' | 'headers' | 'body'>, reads: boolean) {
    const { hostname, port } = new URL(plan.url);
    this.#socket = connect({ host: hostname, port: Number(port) });
    const answer = Promise.withResolvers<Response>();
    const taskId = Promise.withResolvers<string>();
    const reader = new ResponseReader((response) => {
      taskId.reject(new Error(`The stream ended without a task: ${response.status}`));
      answer.resolve(response);
    });
    taskId.promise.catch(() => {});
    let seen = '';
    this.#socket.on('error', (error) => {
      taskId.reject(error);
      answer.reject(error);
    });
    this.#socket.on('data', (bytes) => {
      reader.push(bytes);
      if (seen.length > 4_096) return;
      seen += bytes.toString('latin1');
      const id = /"task":\{"id":"([^"]+)"/.exec(seen)?.[1];
      if (id === undefined) return;
      taskId.resolve(id);
      if (!reads) this.#socket.pause();
    });
    const template = createRequestTemplate({ ...plan, connections: 1, warmUpMs: 0, measureMs: 0, expect: '' });
    this.#socket.write(template(Date.now()));
    this.#answer = answer.promise;
    this.#taskId = taskId.promise;
  }

  /** Of the task that the stream is about. */
  get taskId(): Promise<string> {
    return this.#taskId;
  }

  /** Reads on to the end of the stream. */
  async finish(): Promise<Response> {
    this.#socket.resume();
    const response = await this.#answer;
    this.#socket.end();
    await once(this.#socket, 'close');
    return response;
  }
}
