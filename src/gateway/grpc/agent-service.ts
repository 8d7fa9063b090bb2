import { type ErrorCode, ParleyError } from '../../base/index.ts';
import { type CallResult, formatResultText } from '../../control/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import type { ActionRequest, ActionResult, Capabilities, Empty, HealthStatus, Pong } from './agent-service-messages.ts';
import { type GrpcDoor, readDeploymentId, readGrpcContext, requireDeployment } from './grpc-door.ts';
import type { GrpcService } from './grpc-server.ts';
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

async function admit(door: GrpcDoor, call: GrpcCall): Promise<Endpoint> {
  const endpoint = requireDeployment(door, call);
  await readGrpcContext(door, call);
  return endpoint;
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
  const { record } = await admit(door, call);
  const { name, version, description } = record;
  const actions = record.skills.filter((skill) => !skill.private).map(({ id }) => id);
  const methods = ['Health', 'DescribeCapabilities', 'Invoke', 'Ping', ...actions];
  return { methods, metadata: { name, version, description } };
}

async function invoke(door: GrpcDoor, request: ActionRequest, call: GrpcCall): Promise<ActionResult> {
  const startedAtMs = door.options.clock.now();
  requireDeployment(door, call);
  const outcome = await run(door, request, call).then(toOutcome, toFailure(request.action));
  const duration_ms = door.options.clock.now() - startedAtMs;
  return { ...outcome, request_id: request.request_id || `req_${startedAtMs}`, duration_ms };
}

async function run(door: GrpcDoor, { action, parameters }: ActionRequest, call: GrpcCall): Promise<CallResult> {
  const context = await readGrpcContext(door, call);
  const latestMs = door.options.clock.now() + invokeTimeoutMs;
  return door.services().calls.invoke({
    id: readDeploymentId(door, call) ?? '',
    skill: action === '' ? undefined : action,
    parts: [{ data: { ...parameters } }],
    context: { ...context, deadlineAtMs: Math.min(context.deadlineAtMs ?? latestMs, latestMs) },
    signal: call.signal,
  });
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
