import { chmod, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { isSystemError, ParleyError } from '../../base/index.ts';
import type { PythonSessions } from '../../registry/index.ts';
import { isWildcard } from '../edge/host-name.ts';
import { createRouterLoader } from '../grpc-routing/load-router.ts';
import type { GatewayServices, ResolvedGatewayOptions } from '../options.ts';
import { isFromThisMachine } from '../tls/own-machine.ts';
import { checkCaller } from './caller-check.ts';
import { type DeploymentDoor, listDoors } from './deployment-doors.ts';
import type { GrpcDoor } from './grpc-door.ts';
import { GrpcServer } from './grpc-server.ts';
import type { GrpcService, NamedService } from './grpc-service.ts';
import { isGrpcOpen, readGrpcTls } from './grpc-tls.ts';
import type { GrpcCall } from './methods.ts';
import { nodeStops } from './node-stops.ts';
import { pythonAgentName } from './own-services.ts';
import { createPeerUsers, type PeerUsers } from './peer-users.ts';
import type { PythonAgentServiceOptions } from './python-agent-service.ts';

export type DeploymentListenersOptions = Pick<
  ResolvedGatewayOptions,
  'clock' | 'logger' | 'telemetry' | 'host' | 'tls' | 'grpcUpstream'
> &
  Pick<GrpcDoor, 'streams' | 'httpUrl'>;

/** The registry tells of every free place: changes are gathered for so long. */
const gatherMs = 50;
/** For calls under way when their deployment ends or the node stops. */
const closeGraceMs = 2_000;
const retryMs = 5_000;
const pythonAgent = { file: 'pixell/python_agent.proto', name: pythonAgentName };

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
  readonly #stopping = new AbortController();
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

  /** `host:port` where a deployment answers on its own port; undefined while it does not. */
  addressOf(endpointId: string): string | undefined {
    for (const { door } of this.#open.values()) {
      if (door.endpointId === endpointId && door.at.kind === 'tcp') return `127.0.0.1:${door.at.port}`;
    }
    return undefined;
  }

  /** Takes no new calls; resolves when those under way have ended, at once when the signal aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#services = undefined;
    this.#stopping.abort(nodeStops());
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
    const { logger, clock, telemetry } = this.#options;
    const peerUsers = createPeerUsers();
    const admit = (call: GrpcCall): Promise<PythonSessions> => this.#admit(open, call);
    const load = (): Promise<readonly GrpcService[]> => this.#servicesAt(door, admit);
    const tls = readGrpcTls(this.#options);
    const onConnection = (socket: Socket): void => addPeer(peerUsers, socket);
    const server = new GrpcServer({ load, loadRouter: this.#routerAt(door), onConnection, tls, clock, telemetry });
    const open: OpenDoor = { door, server, peerUsers };
    try {
      await listenAt(server, door, isGrpcOpen(this.#options) ? this.#options.host : undefined);
      this.#open.set(door.key, open);
    } catch (thrown) {
      const { message } = ParleyError.from(thrown);
      const fields = { deployment: door.endpointId, message };
      logger.error('A deployment cannot be reached by gRPC; it is tried again.', fields);
      await server.stop(AbortSignal.abort());
      this.#schedule(retryMs);
    }
  }

  /** A deployment that was replaced keeps its port: whose sessions are meant is settled call by call. */
  async #servicesAt(
    { endpointId, at, python }: DeploymentDoor,
    admit: PythonAgentServiceOptions['admit'],
  ): Promise<readonly GrpcService[]> {
    const sessions = python && (await this.#createSessions(admit));
    if (at.kind === 'unix') return sessions === undefined ? [] : [sessions];
    const { signal: stopping } = this.#stopping;
    const services = (): GatewayServices => this.#admitted();
    const grpcAddress = (): string | undefined => this.addressOf(endpointId);
    const own = { services, deploymentId: endpointId, stopping, grpcAddress };
    const door = { ...this.#options, options: this.#options, ...own };
    const { createServices } = await import('./create-services.ts');
    return createServices(door, sessions === undefined ? [] : [sessions]);
  }

  async #createSessions(admit: PythonAgentServiceOptions['admit']): Promise<NamedService> {
    const { clock, logger } = this.#options;
    const { createPythonAgentService } = await import('./python-agent-service.ts');
    return { ...pythonAgent, ...createPythonAgentService({ admit, clock, logger }) };
  }

  /** A Unix socket is for Python sessions alone. */
  #routerAt({
    endpointId: deploymentId,
    at,
    python,
  }: DeploymentDoor): ReturnType<typeof createRouterLoader> | undefined {
    if (at.kind === 'unix') return undefined;
    const { grpcUpstream: upstream } = this.#options;
    const desk = { ...this.#options, upstream, deploymentId, services: () => this.#admitted() };
    return createRouterLoader(desk, python === undefined ? [] : [pythonAgent.name]);
  }

  #admitted(): GatewayServices {
    if (this.#services !== undefined) return this.#services;
    throw nodeStops();
  }

  /** What is announced no more may still finish its calls: its door is open until its sessions have ended. */
  #leave(left: OpenDoor): void {
    const { door } = left;
    const { python } = door;
    if (left.leaving !== undefined && left.leaving === python) return;
    if (python === undefined) {
      this.#close(left);
      return;
    }
    left.leaving = python;
    void python.ended.then(() => {
      const open = this.#open.get(door.key);
      if (open?.door.python === python) this.#close(open);
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
    const { authenticator } = this.#admitted();
    if (python === undefined) throw new ParleyError('UNAVAILABLE', 'The deployment has no Python sessions now.');
    if (at.kind === 'unix') return python;
    const users = [process.getuid?.(), python.uid].filter((user) => user !== undefined);
    await checkCaller(call, { endpointId, peerUsers, users, authenticator });
    return python;
  }
}

/** Of a caller on another machine the kernel here knows nothing. */
function addPeer(peerUsers: PeerUsers, socket: Socket): void {
  if (isFromThisMachine(socket)) peerUsers.add(socket);
}

/** `openHost`: where callers from elsewhere come in; undefined: nowhere. */
async function listenAt(server: GrpcServer, { at }: DeploymentDoor, openHost: string | undefined): Promise<void> {
  if (at.kind === 'unix') {
    await rm(at.path, { force: true });
    await server.listen({ path: at.path });
    // Its folder keeps everybody else out; the deployment may run as a user of its own.
    await chmod(at.path, 0o666);
    return;
  }
  const { port } = at;
  if (openHost !== undefined) await server.listen({ host: openHost.replace(/^\[|\]$/g, ''), port });
  if (openHost !== undefined && isWildcard(openHost)) return;
  await server.listen({ host: '127.0.0.1', port });
  // `localhost` is this address first on many machines; some have none. That another program has it is another matter.
  await server.listen({ host: '::1', port }).catch((thrown: unknown) => {
    if (isSystemError(thrown, 'EADDRINUSE')) throw thrown as Error;
  });
}
