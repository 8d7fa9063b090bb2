import type { Duplex } from 'node:stream';
import { isObject, ParleyError, TransientMap } from '../../base/index.ts';
import { createFrameDecoder, createTurnWriter, encodeFrame, type TurnWriter } from '../worker-protocol/codec.ts';
import type { Decoded, NodeFrame, WorkerFrame } from '../worker-protocol/frames.ts';
import { failedWith, toExecutionEvent, toFinalEvents } from './execution-events.ts';
import { WorkerCall } from './worker-call.ts';

type InvokeFrame = Extract<NodeFrame, { type: 'invoke' }>;

/** What a worker says that belongs to no call. */
export type ControlFrame = Extract<WorkerFrame, { type: 'ready' | 'load-error' | 'log' | 'pong' }>;

export interface WorkerConnectionOptions {
  readonly socket: Duplex;
  readonly maxFrameBytes: number;
  /** The credit window of one call. */
  readonly windowBytes: number;
  readonly onControl: (frame: ControlFrame) => void;
  /** The worker sent something that is not the protocol: nothing more is read. */
  readonly onBroken: (error: ParleyError) => void;
  /** Calls ended. */
  readonly onCallsEnded: () => void;
}

/** The socket to one worker process with the calls in it, multiplexed by call id. */
export class WorkerConnection {
  readonly #options: WorkerConnectionOptions;
  readonly #writer: TurnWriter;
  readonly #calls = new TransientMap<string, WorkerCall>();
  /** Why nothing is sent or read any more. */
  #closed: ParleyError | undefined;

  constructor(options: WorkerConnectionOptions) {
    this.#options = options;
    const { socket, maxFrameBytes } = options;
    this.#writer = createTurnWriter({ write: (batch) => socket.write(batch) });
    const decoder = createFrameDecoder({ maxFrameBytes, onFrame: (frame, bytes) => this.#receive(frame, bytes) });
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed !== undefined) return;
      try {
        decoder.push(chunk);
      } catch (thrown) {
        options.onBroken(ParleyError.from(thrown));
      }
    });
    socket.on('error', () => {});
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  /** Calls whose caller still waits for them. */
  get wanted(): number {
    let count = 0;
    for (const call of this.#calls.values()) if (!call.canceled) count++;
    return count;
  }

  /** The frame leaves with the others of this turn of the event loop. */
  send(frame: NodeFrame, files: readonly Uint8Array[] = []): void {
    if (this.#closed === undefined) this.#writer.write(encodeFrame(frame, files));
  }

  /** Hands a call to the worker; it ends at once when the connection is closed. CONFLICT when one with this id is in it. */
  open(frame: Omit<InvokeFrame, 'credit' | 'type'>, files: readonly Uint8Array[]): WorkerCall {
    const { call: id } = frame;
    if (this.#calls.has(id)) throw new ParleyError('CONFLICT', `Invocation ${id} is already in this worker.`);
    const { windowBytes } = this.#options;
    const grant = (bytes: number): void => this.send({ type: 'credit', call: id, bytes });
    const call = new WorkerCall({ id, windowBytes, grant });
    if (this.#closed !== undefined) {
      call.finish([], this.#closed);
      return call;
    }
    this.#calls.set(id, call);
    this.send({ type: 'invoke', ...frame, credit: windowBytes }, files);
    return call;
  }

  /** Ends every open call with the failure; nothing is sent or read after this. */
  close(failure: ParleyError): void {
    if (this.#closed !== undefined) return;
    this.#closed = failure;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.finish([], failure);
    this.#options.socket.destroy();
    this.#options.onCallsEnded();
  }

  #receive({ frame, files }: Decoded<WorkerFrame>, wireBytes: number): void {
    if (!('call' in frame) || frame.type === 'log') {
      this.#options.onControl(frame as ControlFrame);
      return;
    }
    const call = this.#calls.get(frame.call);
    if (call === undefined) return;
    if (frame.type === 'event') {
      call.push(toExecutionEvent(frame.event, files), wireBytes);
      this.#checkWindow(call);
      return;
    }
    if (frame.type === 'result') call.finish(toFinalEvents(frame, files));
    else finishWithError(call, frame);
    this.#calls.delete(call.id);
    this.#options.onCallsEnded();
  }

  #checkWindow(call: WorkerCall): void {
    const { windowBytes, maxFrameBytes } = this.#options;
    if (call.waitingBytes <= windowBytes + maxFrameBytes) return;
    throw new ParleyError('WORKER_PROTOCOL', `The worker sends events of call ${call.id} without credit for them.`);
  }
}

type ErrorFrame = Extract<WorkerFrame, { type: 'error' }>;

function finishWithError(call: WorkerCall, { code, message }: ErrorFrame): void {
  if (code === 'CANCELED') call.finish([{ kind: 'end', state: 'canceled' }]);
  else if (code === 'AGENT_ERROR') call.finish(failedWith(message));
  else call.finish([], new ParleyError('SKILL_NOT_FOUND', message));
}

/** The code and the sentence a worker is told when its call is cancelled. */
export function describeAbort(reason: unknown): { readonly code: string; readonly message: string } {
  if (reason instanceof ParleyError) return { code: reason.code, message: reason.message };
  const message =
    isObject(reason) && typeof reason['message'] === 'string' ? reason['message'] : 'The call was cancelled.';
  return { code: 'CANCELED', message };
}
