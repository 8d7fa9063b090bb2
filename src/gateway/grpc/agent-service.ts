import { type ErrorCode, ParleyError } from '../../base/index.ts';
import { type CallResult, formatResultText } from '../../control/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import { mayReach } from '../../security/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import type { ActionRequest, ActionResult, Capabilities, Empty, HealthStatus, Pong } from './agent-service-messages.ts';
import { type GrpcDoor, readDeploymentId, readGrpcContext, requireDeployment } from './grpc-door.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import { type GrpcCall, handleUnary } from './methods.ts';

/** An action that is not done by then is stopped, unless the caller gives it less. */
const invokeTimeoutMs = 300_000;

/** What the agent, not the call, is to blame for: the answer says it, as clients of this service look there. */
const agentsOwn: readonly ErrorCode[] = [
  'AGENT_ERROR',
  'INVALID_PARAMS',
  'OUTPUT_INVALID',
  'INVALID_AGENT_RESPONSE',
  'UNSUPPORTED_OPERATION',
];

/** `pixell.agent.AgentService`: actions of one agent, in one piece, without a task. */
export function createAgentService(door: GrpcDoor): GrpcService {
  const { logger } = door.options;
  return {
    definition: loadService('pixell/agent.proto', 'pixell.agent.AgentService'),
    methods: {
      Health: handleUnary((_: Empty, call) => checkHealth(door, call), logger),
      DescribeCapabilities: handleUnary((_: Empty, call) => describe(door, call), logger),
      Invoke: handleUnary((request: ActionRequest, call) => invoke(door, request, call), logger),
      Ping: handleUnary((_: Empty, call) => ping(door, call), logger),
    },
  };
}

interface Admitted {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly context: CallContext;
}

/** Who calls comes before what there is: a caller without rights is told of no deployment. */
async function admit(door: GrpcDoor, call: GrpcCall): Promise<Admitted> {
  const id = readDeploymentId(door, call);
  if (id === undefined) throw new ParleyError('INVALID_PARAMS', 'Missing x-deployment-id header');
  const context = await readGrpcContext(door, call);
  const endpoint = requireDeployment(door, id);
  if (mayReach(context.principal, endpoint.agentId)) return { id, endpoint, context };
  const message = `${context.principal.id} has no right on ${endpoint.agentId}. Ask an operator for it.`;
  throw new ParleyError('PERMISSION_DENIED', message, { details: { agentId: endpoint.agentId } });
}

async function checkHealth(door: GrpcDoor, call: GrpcCall): Promise<HealthStatus> {
  await admit(door, call);
  return { ok: true, message: 'Agent is healthy', timestamp: door.options.clock.now() };
}

async function ping(door: GrpcDoor, call: GrpcCall): Promise<Pong> {
  await admit(door, call);
  return { message: 'pong', timestamp: door.options.clock.now() };
}

async function describe(door: GrpcDoor, call: GrpcCall): Promise<Capabilities> {
  const { record } = (await admit(door, call)).endpoint;
  const { id, packageId, version, description } = record;
  const actions = record.skills.filter((skill) => !skill.private).map((skill) => skill.id);
  const methods = ['Health', 'DescribeCapabilities', 'Invoke', 'Ping', ...actions];
  return { methods, metadata: { name: packageId.split('@', 1)[0] || id, version, description } };
}

async function invoke(door: GrpcDoor, request: ActionRequest, call: GrpcCall): Promise<ActionResult> {
  const startedAtMs = door.options.clock.now();
  const admitted = await admit(door, call);
  const latestMs = startedAtMs + invokeTimeoutMs;
  const deadlineAtMs = Math.min(admitted.context.deadlineAtMs ?? latestMs, latestMs);
  const running = door.services().calls.invoke({
    id: admitted.id,
    skill: request.action === '' ? undefined : request.action,
    parts: [{ data: { ...request.parameters } }],
    context: { ...admitted.context, deadlineAtMs },
    signal: call.signal,
  });
  const outcome = await running.then(toOutcome, toFailure(request.action));
  const duration_ms = door.options.clock.now() - startedAtMs;
  return { ...outcome, request_id: request.request_id || `req_${startedAtMs}`, duration_ms };
}

type Outcome = Pick<ActionResult, 'success' | 'result' | 'error'>;

function toOutcome({ state, parts }: CallResult): Outcome {
  const text = formatResultText(parts);
  if (state === 'completed') return { success: true, result: text, error: '' };
  return { success: false, result: '', error: parts.length === 0 ? `The agent ended the call as ${state}.` : text };
}

function toFailure(action: string): (thrown: unknown) => Outcome {
  return (thrown) => {
    const error = ParleyError.from(thrown);
    if (error.code === 'SKILL_NOT_FOUND') return failure(`No handler found for action: ${action}`);
    if (agentsOwn.includes(error.code)) return failure(error.message);
    throw error;
  };
}

function failure(error: string): Outcome {
  return { success: false, result: '', error };
}
