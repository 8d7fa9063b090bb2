import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { ParleyError } from '../../base/index.ts';
import type { RunningRequest, SocketHandler, SocketHeaders } from './socket-port.ts';

/** One request as undici's handler: passes on what comes back, until it is over. */
export class SocketExchange implements RunningRequest, Dispatcher.DispatchHandler {
  readonly #target: string;
  readonly #handler: SocketHandler;
  #controller: Dispatcher.DispatchController | undefined;
  #over: (() => void) | undefined;
  #isOver = false;

  constructor(target: string, handler: SocketHandler) {
    this.#target = target;
    this.#handler = handler;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  onceOver(over: () => void): void {
    this.#over = over;
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    if (!this.#end()) return;
    this.#controller?.abort(calledOff());
  }

  fail(thrown: unknown): void {
    if (this.#end()) this.#handler.onError(toSocketError(thrown, this.#target, this.#controller !== undefined));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(calledOff());
  }

  onRequestUpgrade(_controller: unknown, _status: number, headers: SocketHeaders, socket: Duplex): void {
    if (this.#end()) this.#handler.onUpgrade(headers, socket);
    else socket.destroy();
  }

  onResponseStart(_controller: unknown, status: number, headers: SocketHeaders): void {
    // 1xx are remarks before the answer.
    if (status >= 200 && !this.#isOver) this.#handler.onHead(status, headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (!this.#isOver) this.#handler.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#end()) this.#handler.onEnd();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail(error);
  }

  /** False when it was over before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#over?.();
    return true;
  }
}

function calledOff(): Error {
  return new Error('The request was called off.');
}

/** `sent`: a connection had it, so that the other side may have begun with it. */
function toSocketError(thrown: unknown, target: string, sent: boolean): ParleyError {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ParleyError) return error;
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const options = { cause: thrown };
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new ParleyError('DEADLINE_EXCEEDED', 'The worker did not begin its answer in time.', options);
  }
  if (!sent) return new ParleyError('UNREACHABLE', `The worker at ${target} takes no connection.`, options);
  if (thrown instanceof Error && thrown.name === 'HTTPParserError')
    return new ParleyError('AGENT_ERROR', 'The worker’s answer is not HTTP.', options);
  return new ParleyError('WORKER_LOST', 'The worker broke off before its answer was whole.', options);
}
