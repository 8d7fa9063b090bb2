import { type IncomingMessage, request } from 'node:http';
import { createSseParser } from '../../src/protocol/index.ts';
import { createSendBody, type SendOptions } from './a2a-calls.ts';

const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };

/** A caller that reads a task's stream as fast, or as little, as the test says. It keeps the numbers of the chunks only. */
export class StreamReader {
  /** What the chunks begin with, in the order in which they came. */
  readonly chunks: number[] = [];
  /** The id to go on behind. */
  lastEventId: string | undefined;
  /** State of the task, as the stream told last. */
  state: string | undefined;
  readonly #taskId = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<void>();
  #pauseAfter: number | undefined;
  #response: IncomingMessage | undefined;
  #sawPause: (() => void) | undefined;

  /** Sends a message and follows its task. */
  static send(agentUrl: string, options: SendOptions): StreamReader {
    return new StreamReader(`${agentUrl}/message:stream`, {}, createSendBody(options));
  }

  /** Follows a task from behind an event. */
  static resume(agentUrl: string, taskId: string, lastEventId: string): StreamReader {
    return new StreamReader(`${agentUrl}/tasks/${taskId}:subscribe`, { 'last-event-id': lastEventId }, '{}');
  }

  private constructor(url: string, more: Readonly<Record<string, string>>, body: string) {
    this.#ended.promise.catch(() => {});
    const parser = createSseParser(({ id, data }) => this.#take(id, JSON.parse(data)));
    const call = request(url, { method: 'POST', agent: false, headers: { ...headers, ...more } }, (response) => {
      this.#response = response;
      response.on('data', (bytes: Buffer) => parser.push(bytes));
      response.on('end', this.#ended.resolve);
      response.on('error', this.#ended.reject);
    });
    call.on('error', this.#ended.reject);
    call.end(body);
  }

  get taskId(): Promise<string> {
    return this.#taskId.promise;
  }

  /** Resolves with the stream's end. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Reads so many chunks more, or a few beyond, then nothing; resolves when it has stopped. */
  pauseAfter(chunks: number): Promise<void> {
    this.#pauseAfter = this.chunks.length + chunks;
    return new Promise((resolve) => {
      this.#sawPause = resolve;
    });
  }

  /** Reads on. */
  goOn(): void {
    this.#pauseAfter = undefined;
    this.#response?.resume();
  }

  /** Leaves, whatever is on its way. */
  close(): void {
    this.#response?.destroy();
  }

  #take(id: string | undefined, { task, artifactUpdate, statusUpdate }: StreamResponse): void {
    this.lastEventId = id;
    this.state = statusUpdate?.status.state ?? task?.status.state ?? this.state;
    if (task) this.#taskId.resolve(task.id);
    for (const { text } of artifactUpdate?.artifact.parts ?? []) this.chunks.push(Number.parseInt(text, 10));
    if (this.#pauseAfter === undefined || this.chunks.length < this.#pauseAfter) return;
    this.#response?.pause();
    this.#sawPause?.();
  }
}

interface StreamResponse {
  readonly task?: { readonly id: string; readonly status: { readonly state: string } };
  readonly artifactUpdate?: { readonly artifact: { readonly parts: readonly { readonly text: string }[] } };
  readonly statusUpdate?: { readonly status: { readonly state: string } };
}
