import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { Call } from './call.js';
import { Connection } from './connection.js';
import { limitText } from './limit-text.js';
import { loadSkills } from './load-skills.js';

/** @typedef {import('./frame-codec.js').Frame} Frame */

const protocol = 1;
const defaultMaxFrameBytes = 32 * 1024 * 1024;

/** The worker: loads what `init` names, serves calls, and ends its process when it is drained or the node is gone. */
export class Host {
  /** @type {Connection} */
  #connection;
  /** @type {Map<string, import('./load-skills.js').Handler>} */
  #handlers = new Map();
  /**
   * In cells that are emptied: a Map's outgrown tables would keep calls that are over from being collected young.
   *
   * @type {Map<string, { call: Call | undefined }>}
   */
  #calls = new Map();
  /** The call in whose code we are. @type {AsyncLocalStorage<Call>} */
  #current = new AsyncLocalStorage();
  #maxFrameBytes = defaultMaxFrameBytes;
  /** What is served on sockets. @type {{ stop(): Promise<void> }[]} */
  #surfaces = [];
  /** They have stopped. */
  #closed = false;
  #draining = false;

  /** @param {import('node:net').Socket} socket to the node */
  constructor(socket) {
    this.#connection = new Connection(socket, {
      onFrame: (frame, files) => this.#receive(frame, files),
      onClose: (error) => this.#end(error),
    });
    process.on('unhandledRejection', (reason) => this.#onRejection(reason));
    process.on('uncaughtException', (error) => crash('an error that nothing caught', error));
  }

  /** @param {Frame} frame @param {Uint8Array[]} files */
  #receive(frame, files) {
    const call = this.#calls.get(frame['call'])?.call;
    if (frame.type === 'invoke') this.#invoke(frame, files);
    else if (frame.type === 'credit') call?.addCredit(frame['bytes']);
    else if (frame.type === 'answer') call?.takeAnswer(frame, files);
    else if (frame.type === 'cancel') call?.cancel({ code: frame['code'], message: frame['message'] });
    else if (frame.type === 'ping') this.#connection.send({ type: 'pong', id: frame['id'] });
    else if (frame.type === 'drain') this.#drain();
    else if (frame.type === 'init') this.#load(frame);
  }

  /** @param {Frame} init */
  async #load(init) {
    try {
      if (init['protocol'] !== protocol) {
        throw new Error(
          `this host speaks version ${protocol} of the worker protocol, the node version ${init['protocol']}`,
        );
      }
      this.#maxFrameBytes = init['maxFrameBytes'] ?? defaultMaxFrameBytes;
      const { handlers, grpc } = await loadSkills(init['skills'], process.cwd());
      this.#handlers = handlers;
      const rest = await this.#serveHttp(init['rest']);
      const facts = await this.#serveGrpc(grpc, init['grpc']);
      this.#connection.send({ type: 'ready', protocol, skills: [...handlers.keys()], ...rest, ...facts });
    } catch (error) {
      const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
      const trace = (cause instanceof Error && cause.stack) || stack || message;
      this.#connection.send({ type: 'load-error', message: limitText(message), trace: limitText(trace) });
      this.#connection.end(() => process.exit(1));
    }
  }

  /** @param {Parameters<import('./http-surface.js').HttpSurface['start']>[0] | undefined} rest */
  async #serveHttp(rest) {
    if (rest === undefined) return {};
    // Loaded only where it is served: it weighs 5 MB.
    const { HttpSurface } = await import('./http-surface.js');
    const surface = new HttpSurface();
    await surface.start(rest, process.cwd());
    this.#surfaces.push(surface);
    return { rest: true };
  }

  /** @param {import('./grpc-surface.js').GrpcSurface | undefined} surface @param {{ socket: string } | undefined} place */
  async #serveGrpc(surface, place) {
    const facts = surface?.facts;
    if (surface === undefined || facts === undefined || place === undefined) return {};
    await surface.start(place.socket);
    this.#surfaces.push(surface);
    return { grpc: facts };
  }

  /**
   * The handler starts after all frames that came along are read: recorded answers lie ready then.
   *
   * @param {Frame} frame
   * @param {Uint8Array[]} files
   */
  #invoke(frame, files) {
    const handler = this.#handlers.get(frame['skill']);
    if (handler === undefined) {
      const message = `there is no skill "${frame['skill']}"; there are ${[...this.#handlers.keys()].join(', ')}`;
      this.#connection.send({ type: 'error', call: frame['call'], code: 'SKILL_NOT_FOUND', message });
      return;
    }
    const call = new Call(/** @type {any} */ (frame), files, {
      connection: this.#connection,
      maxFrameBytes: this.#maxFrameBytes,
    });
    this.#calls.set(frame['call'], { call });
    setImmediate(() => this.#current.run(call, () => this.#run(call, handler)));
  }

  /** @param {Call} call @param {import('./load-skills.js').Handler} handler */
  async #run(call, handler) {
    await call.run(handler);
    this.#forget(call.frame['call']);
    if (this.#draining) this.#drain();
  }

  /** @param {string} id */
  #forget(id) {
    const cell = this.#calls.get(id);
    if (cell !== undefined) cell.call = undefined;
    this.#calls.delete(id);
  }

  #drain() {
    if (!this.#draining) this.#stopSurfaces();
    this.#draining = true;
    if (this.#calls.size === 0 && this.#closed) this.#connection.end(() => process.exit(0));
  }

  async #stopSurfaces() {
    await Promise.all(this.#surfaces.map((surface) => surface.stop()));
    this.#closed = true;
    this.#drain();
  }

  /** @param {Error} [error] */
  #end(error) {
    if (error === undefined) process.exit(0);
    crash('the worker ends', error);
  }

  /**
   * What belongs to a call is that call's business; anything else means that the process can't be trusted any more.
   *
   * @param {unknown} reason
   */
  #onRejection(reason) {
    const call = this.#current.getStore();
    if (call === undefined) crash('a rejection that nothing caught', reason);
    else call.log('error', `a promise was rejected and nothing caught it: ${describe(reason)}`);
  }
}

/** @param {string} what @param {unknown} error @returns {never} */
function crash(what, error) {
  writeSync(2, `${what}: ${describe(error)}\n`);
  process.exit(1);
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
