import { ParleyError, TransientSet } from '../../base/index.ts';
import type { Endpoint, SurfacePlace } from '../../registry/index.ts';
import type { PlacedCall, Principal } from '../../security/index.ts';
import { endWithError } from '../grpc/end-with-error.ts';
import { requireServing } from '../surfaces/take-place.ts';
import { callerOf } from '../tls/caller-connections.ts';
import { type CallAddress, readCallAddress } from './call-address.ts';
import { CallPace } from './call-pace.ts';
import { callRefused, findCalled, readNamedDeployment, takeCallPlace } from './find-called.ts';
import type { GrpcUpstream } from './grpc-upstream.ts';
import { createPackageMetadata } from './package-metadata.ts';
import { type BrokenCall, PipedCall } from './piped-call.ts';
import { readConditions } from './read-conditions.ts';
import type { IncomingCall, RoutingDesk } from './routing-desk.ts';

/** Decides whose business the calls on one port are, and hands packages theirs. */
export interface CallRouter {
  /** True when the call was for a package and is taken care of; false: it is for a service of the port's own. */
  take(call: IncomingCall): boolean;
  /** Ends what is under way with UNAVAILABLE. */
  endAll(): Promise<void>;
}

/** `isOwn`: the services that the port itself answers. */
export function createCallRouter(desk: RoutingDesk, isOwn: (service: string) => boolean): CallRouter {
  const open = new TransientSet<RoutedCall>();
  const pace = new CallPace();
  return {
    take(call) {
      const address = readCallAddress(call.headers);
      nameAgent(call, address);
      const isPackages = !isOwn(address.service) || reflectsItself(desk, call, address);
      if (!isPackages || !isGrpc(call)) return false;
      const routed = new RoutedCall(desk, call, address);
      const place = open.add(routed);
      call.stream.on('close', () => open.remove(place));
      pace.take(routed);
      return true;
    },
    async endAll() {
      await Promise.all([...open].map((routed) => routed.end()));
    },
  };
}

/** A path that names the agent says the same as the header. */
function nameAgent({ headers }: IncomingCall, { path, agent }: CallAddress): void {
  if (agent === undefined) return;
  headers[':path'] = path;
  headers['x-deployment-id'] = agent;
}

/** A package that has reflection of its own answers it. */
function reflectsItself(desk: RoutingDesk, { headers }: IncomingCall, { service }: CallAddress): boolean {
  const id = desk.deploymentId ?? readNamedDeployment(headers);
  if (!service.startsWith('grpc.reflection.') || id === undefined) return false;
  try {
    return findCalled(desk.services().registry, id).surfaces?.grpc?.facts.services.includes(service) === true;
  } catch {
    return false;
  }
}

/** What is not gRPC is refused as such by what serves the port. */
function isGrpc({ headers }: IncomingCall): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}

/** One call of a package's own service. */
class RoutedCall {
  readonly #desk: RoutingDesk;
  readonly #call: IncomingCall;
  readonly #address: CallAddress;
  #piped: PipedCall | undefined;
  /** What it holds until the worker has done with it. */
  #held: HeldByCall | undefined;

  constructor(desk: RoutingDesk, call: IncomingCall, address: CallAddress) {
    this.#desk = desk;
    this.#call = call;
    this.#address = address;
  }

  /** Its caller has left, or was told how it ended. */
  get isOver(): boolean {
    return this.#call.stream.closed || this.#call.stream.destroyed;
  }

  begin(): void {
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      const { upstream } = this.#desk;
      const { principal, endpoint } = await this.#settle();
      if (this.isOver) return;
      if (upstream === undefined) throw nodeStops();
      const place = takeCallPlace(endpoint, this.#address.service);
      this.#held = { place };
      this.#pipe(upstream, endpoint, this.#prepare(principal, endpoint, this.#held));
    } catch (thrown) {
      this.#release();
      await this.#fail(thrown);
    }
  }

  /** The node does not wait for it any more. */
  async end(): Promise<void> {
    this.#piped?.cancel();
    await this.#fail(nodeStops());
  }

  /** Who calls comes before what there is: a caller without rights is told of no deployment. */
  async #settle(): Promise<{ readonly principal: Principal; readonly endpoint: Endpoint }> {
    const { headers, socket } = this.#call;
    const { registry, authenticator, admission } = this.#desk.services();
    const principal = await authenticator.authenticate(headers.authorization, callerOf({ socket }));
    const endpoint = findCalled(registry, this.#readId());
    admission.require(principal, { agentId: endpoint.agentId, operation: 'call' });
    requireServing(endpoint);
    return { principal, endpoint };
  }

  #readId(): string {
    const id = this.#desk.deploymentId ?? readNamedDeployment(this.#call.headers);
    if (id !== undefined) return id;
    const message = `This port has no service ${this.#address.service.slice(0, 128)} of its own. Name the agent in x-deployment-id.`;
    throw new ParleyError('METHOD_NOT_FOUND', message);
  }

  #pipe(upstream: GrpcUpstream, endpoint: Endpoint, { socketPath, metadata }: PreparedCall): void {
    const up = upstream.request(socketPath, metadata);
    const onBroken = (broken: BrokenCall): void => void this.#fail(describeBroken(endpoint, broken));
    this.#piped = new PipedCall({ down: this.#call.stream, up, onOver: () => this.#release(), onBroken });
  }

  /** Counts the call until it is released, and watches its time. */
  #prepare(principal: Principal, endpoint: Endpoint, held: HeldByCall): PreparedCall {
    const { clock, streams } = this.#desk;
    const { headers, rawHeaders } = this.#call;
    const { placed, timeoutMs, correlationId, grpcTimeout } = readConditions(this.#desk, headers, {
      principal,
      endpoint,
    });
    held.placed = placed;
    held.leaveStream = streams.take(principal.id);
    if (timeoutMs !== undefined) held.cancelTimer = clock.schedule(timeoutMs, () => void this.#expire());
    const deployment = { agentId: endpoint.agentId, deploymentId: endpoint.id };
    const callerToken = this.#desk.services().callerTokens.issue(principal, deployment, clock.now());
    const facts = { path: this.#address.path, callerToken, correlationId, callToken: placed?.callToken, grpcTimeout };
    return { socketPath: held.place.socketPath, metadata: createPackageMetadata(rawHeaders, facts) };
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.place.release();
    held?.placed?.leave();
    held?.leaveStream?.();
    held?.cancelTimer?.();
  }

  async #expire(): Promise<void> {
    this.#piped?.cancel();
    await this.#fail(new ParleyError('DEADLINE_EXCEEDED', 'The deadline passed before the call was over.'));
  }

  #fail(thrown: unknown): Promise<void> {
    return endWithError(this.#call.stream, thrown, this.#desk.logger);
  }
}

/** No task goes on behind such a call, and nobody knows how far its worker had got. */
function nodeStops(): ParleyError {
  const message = 'The node is stopping, and ends the call; how far its worker had got is not known.';
  return new ParleyError('UNAVAILABLE', message, { retryAfterMs: 1_000 });
}

interface HeldByCall {
  readonly place: SurfacePlace;
  placed?: PlacedCall | undefined;
  leaveStream?: () => void;
  cancelTimer?: () => void;
}

interface PreparedCall {
  readonly socketPath: string;
  readonly metadata: readonly string[];
}

const refusedStream = 7;
const cancelled = 8;

/** What a call that broke off is to its caller: one that no code of the worker has seen may be sent again. */
function describeBroken({ id }: Endpoint, { lost, rstCode, cause }: BrokenCall): ParleyError {
  if (rstCode === refusedStream) return callRefused(id, 'its worker refused the call', cause);
  if (lost) return new ParleyError('WORKER_LOST', `The worker of ${id} ended before it answered.`, { cause });
  if (rstCode === cancelled) return new ParleyError('CANCELED', `${id} cancelled the call.`, { cause });
  const message = `${id} broke the call off without a status (HTTP/2 error ${rstCode}). Its log may say more.`;
  return new ParleyError('INVALID_AGENT_RESPONSE', message, { cause });
}
