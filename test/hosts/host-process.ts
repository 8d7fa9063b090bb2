import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createFrameDecoder, encodeFrame } from '../../src/runtime/worker-protocol/codec.ts';
import type {
  Decoded,
  HandlerSpec,
  NodeFrame,
  WireEvent,
  WirePart,
  WorkerFrame,
} from '../../src/runtime/worker-protocol/frames.ts';

export type HostKind = 'node' | 'python';

const root = fileURLToPath(new URL('../../', import.meta.url));
const agents = fileURLToPath(new URL('./agents/', import.meta.url));

const commands: Record<HostKind, readonly [string, ...string[]]> = {
  node: [process.execPath, `${root}node/parley-host.js`],
  python: ['python3', '-u', '-m', 'parley_host'],
};

/** A part as it came, a file's bytes as Latin-1 text instead of their number. */
type SeenPart = Exclude<WirePart, { bytes: number }> | { bytes: string; filename?: string; mediaType?: string };

/** What one call gave, in order. */
export interface CallRecord {
  readonly events: readonly (Omit<WireEvent, 'parts'> & { parts: readonly SeenPart[] })[];
  readonly last: { readonly type: 'result' | 'error' } & Record<string, unknown>;
}

export interface InvokeOptions {
  readonly call?: string;
  readonly skill: string;
  readonly parts?: readonly WirePart[];
  readonly files?: readonly Uint8Array[];
  readonly credit?: number;
  readonly more?: Partial<Extract<NodeFrame, { type: 'invoke' }>>;
}

/** A host in its own process, driven over the protocol as the node drives it. */
export class HostProcess {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  readonly exited: Promise<number | null>;
  readonly frames: Decoded<WorkerFrame>[] = [];
  readonly #socket: Duplex;
  readonly #watchers = new Set<() => void>();
  readonly #ended: Promise<never>;

  constructor(kind: HostKind, environment: Readonly<Record<string, string>> = {}, interpreter?: string) {
    const [command, ...args] = commands[kind];
    this.child = spawn(interpreter ?? command, args, {
      cwd: agents,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PYTHONPATH: [`${root}python`, agents].join(delimiter),
        ...environment,
      },
    });
    this.#socket = this.child.stdio[3] as Duplex;
    this.exited = once(this.child, 'exit').then(([code]: (number | null)[]) => code ?? null);
    this.stdout = text(this.child.stdout as NodeJS.ReadableStream);
    this.stderr = text(this.child.stderr as NodeJS.ReadableStream);
    this.#ended = once(this.#socket, 'close').then(async () => {
      throw new Error(`the host ended with ${await this.exited}: ${await this.stderr}`);
    });
    this.#ended.catch(() => {});
    this.#read();
  }

  #read(): void {
    const decoder = createFrameDecoder({
      maxFrameBytes: 10_000_000,
      onFrame: (decoded) => {
        this.frames.push(decoded);
        for (const watch of this.#watchers) watch();
      },
    });
    this.#socket.on('data', (chunk: Buffer) => decoder.push(chunk));
    this.#socket.on('error', () => {});
  }

  get socket(): Duplex {
    return this.#socket;
  }

  send(frame: NodeFrame, files?: readonly Uint8Array[]): void {
    this.#socket.write(encodeFrame(frame, files));
  }

  /** What is sent meanwhile leaves in one write, as the frames of one turn do. */
  inOneTurn(send: () => void): void {
    this.#socket.cork();
    send();
    this.#socket.uncork();
  }

  /** The first frame, among all that came or will come, of which the test is true; fails when the host ends before. */
  async waitFor(isWanted: (frame: WorkerFrame) => boolean): Promise<WorkerFrame> {
    const found = Promise.withResolvers<WorkerFrame>();
    const watch = (): void => {
      const wanted = this.frames.find(({ frame }) => isWanted(frame));
      if (wanted !== undefined) found.resolve(wanted.frame);
    };
    this.#watchers.add(watch);
    watch();
    return Promise.race([found.promise, this.#ended]).finally(() => this.#watchers.delete(watch));
  }

  init(skills: Readonly<Record<string, HandlerSpec>>, more: Partial<Extract<NodeFrame, { type: 'init' }>> = {}): void {
    const list = Object.entries(skills).map(([id, handler]) => ({ id, handler }));
    this.send({ type: 'init', protocol: 1, agentId: 'a', deploymentId: 'd', skills: list, concurrency: 4, ...more });
  }

  invoke({ call = 'c1', skill, parts = [], files = [], credit = 1_000_000, more = {} }: InvokeOptions): void {
    const caller = { id: 'operator', roles: ['operator'], path: ['first'] };
    this.send(
      { type: 'invoke', call, skill, parts, caller, callToken: 'token', correlationId: 'corr', credit, ...more },
      files,
    );
  }

  /** What came of a call, once it is over. */
  async record(call = 'c1'): Promise<CallRecord> {
    const isLast = (frame: WorkerFrame): boolean =>
      (frame.type === 'result' || frame.type === 'error') && frame.call === call;
    await this.waitFor(isLast);
    const mine = this.frames.filter(({ frame }) => 'call' in frame && frame.call === call);
    const events = mine.flatMap(({ frame, files }) =>
      frame.type === 'event' ? [{ ...frame.event, parts: showParts(frame.event.parts, files) }] : [],
    );
    const last = mine.find(({ frame }) => isLast(frame));
    if (last === undefined) throw new Error('unreachable');
    return { events, last: showLast(last) };
  }

  /** Ends the process whatever it does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

function showLast({ frame, files }: Decoded<WorkerFrame>): CallRecord['last'] {
  const { call: _, ...rest } = frame as Extract<WorkerFrame, { type: 'result' | 'error' }>;
  return rest.type === 'result' ? { ...rest, parts: showParts(rest.parts, files) } : rest;
}

function showParts(parts: readonly WirePart[], files: readonly Uint8Array[]): SeenPart[] {
  const rest = files.values();
  return parts.map((part) => {
    if (!('bytes' in part)) return part;
    return { ...part, bytes: Buffer.from(rest.next().value ?? []).toString('latin1') };
  });
}
