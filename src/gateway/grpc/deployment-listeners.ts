import { chmod, rm } from 'node:fs/promises';
import { type Clock, isSystemError, type Logger, ParleyError } from '../../base/index.ts';
import type { PythonSessions } from '../../registry/index.ts';
import type { GatewayServices } from '../options.ts';
import { checkCaller } from './caller-check.ts';
import { type DeploymentDoor, listDoors } from './deployment-doors.ts';
import { GrpcServer } from './grpc-server.ts';
import type { GrpcCall } from './methods.ts';
import { createPeerUsers, type PeerUsers } from './peer-users.ts';
import { createPythonAgentService } from './python-agent-service.ts';

export interface DeploymentListenersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The registry tells of every free place: changes are gathered for so long. */
const gatherMs = 50;
/** For calls under way when their deployment ends or the node stops. */
const closeGraceMs = 2_000;
const retryMs = 5_000;

interface OpenDoor {
  door: DeploymentDoor;
  readonly server: GrpcServer;
  readonly peerUsers: PeerUsers;
  /** Whose end is waited for. */
  leaving?: PythonSessions;
}

/** gRPC on the ports and sockets of the deployments: each has a server of its own while it is announced. */
export class DeploymentListeners {
  readonly #options: DeploymentListenersOptions;
  readonly #open = new Map<string, OpenDoor>();
  #services: GatewayServices | undefined;
  #unwatch: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: DeploymentListenersOptions) {
    this.#options = options;
  }

  /** Listens where deployments are, and goes on with what the registry says. */
  follow(services: GatewayServices): void {
    this.#unwatch?.();
    this.#services = services;
    this.#unwatch = services.registry.watch(() => this.#schedule(gatherMs));
    this.#schedule(0);
  }

  /** Takes no new calls; resolves when those under way have ended, at once when the signal aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#services = undefined;
    this.#unwatch?.();
    this.#cancel?.();
    await this.#work;
    await Promise.all([...this.#open.values()].map(({ server }) => this.#end(server, signal)));
    this.#open.clear();
  }

  #schedule(delayMs: number): void {
    this.#cancel ??= this.#options.clock.schedule(delayMs, () => {
      this.#cancel = undefined;
      this.#work = this.#work.then(() => this.#settle());
    });
  }

  async #settle(): Promise<void> {
    if (this.#services === undefined) return;
    const wanted = listDoors(this.#services.registry.endpoints());
    const keys = new Set(wanted.map(({ key }) => key));
    for (const open of this.#open.values()) if (!keys.has(open.door.key)) this.#leave(open);
    for (const door of wanted) {
      const open = this.#open.get(door.key);
      if (open === undefined) await this.#listen(door);
      else open.door = door;
    }
  }

  async #listen(door: DeploymentDoor): Promise<void> {
    const { clock, logger } = this.#options;
    // A deployment that was replaced keeps its port: whose sessions are meant is settled call by call.
    const peerUsers = createPeerUsers();
    const admit = (call: GrpcCall): Promise<PythonSessions> => this.#admit(open, call);
    const service = createPythonAgentService({ admit, clock, logger });
    const server = new GrpcServer([service], peerUsers.add);
    const open: OpenDoor = { door, server, peerUsers };
    try {
      await listenAt(server, door);
      this.#open.set(door.key, open);
    } catch (thrown) {
      const { message } = ParleyError.from(thrown);
      const fields = { deployment: door.endpointId, message };
      logger.error('A deployment cannot be reached by gRPC; it is tried again.', fields);
      await server.stop(AbortSignal.abort());
      this.#schedule(retryMs);
    }
  }

  /** What is announced no more may still finish its calls: its door is open until its sessions have ended. */
  #leave(left: OpenDoor): void {
    const { door } = left;
    if (left.leaving === door.python) return;
    left.leaving = door.python;
    void door.python.ended.then(() => {
      const open = this.#open.get(door.key);
      if (open?.door.python === door.python) this.#close(open);
    });
  }

  #close({ door, server }: OpenDoor): void {
    this.#open.delete(door.key);
    void this.#end(server, new AbortController().signal);
  }

  async #end(server: GrpcServer, signal: AbortSignal): Promise<void> {
    const grace = new AbortController();
    const cancel = this.#options.clock.schedule(closeGraceMs, () => grace.abort());
    await server.stop(AbortSignal.any([signal, grace.signal]));
    cancel();
  }

  async #admit({ door, peerUsers }: OpenDoor, call: GrpcCall): Promise<PythonSessions> {
    const { endpointId, at, python } = door;
    if (this.#services === undefined) throw new ParleyError('UNAVAILABLE', 'The node is stopping.');
    if (at.kind === 'unix') return python;
    const { authenticator } = this.#services;
    const users = [process.getuid?.(), python.uid].filter((user) => user !== undefined);
    await checkCaller(call, { endpointId, peerUsers, users, authenticator });
    return python;
  }
}

async function listenAt(server: GrpcServer, { at }: DeploymentDoor): Promise<void> {
  if (at.kind === 'unix') {
    await rm(at.path, { force: true });
    await server.listen({ path: at.path });
    // Its folder keeps everybody else out; the deployment may run as a user of its own.
    await chmod(at.path, 0o666);
    return;
  }
  const { port } = at;
  await server.listen({ host: '127.0.0.1', port });
  // `localhost` is this address first on many machines; some have none. That another program has it is another matter.
  await server.listen({ host: '::1', port }).catch((thrown: unknown) => {
    if (isSystemError(thrown, 'EADDRINUSE')) throw thrown as Error;
  });
}
