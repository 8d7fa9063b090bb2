import { type JsonObject, ParleyError } from '../../base/index.ts';
import { type Codec, resolveVersion } from '../../protocol/index.ts';
import { readResumePoint } from '../a2a/call-context.ts';
import { type ExtensionUse, listUsedExtensions } from '../a2a/extensions.ts';
import type { OperationCall } from '../a2a/operation-call.ts';
import { resolveForOperation } from '../a2a/target.ts';
import { readGenerationCondition } from '../a2a/task-generation.ts';
import { readTenant } from '../a2a/tenant.ts';
import type { A2aMethod } from './a2a-methods.ts';
import { type GrpcDoor, readDeploymentId, readGrpcContext, readHeaders } from './grpc-door.ts';
import type { GrpcCall } from './methods.ts';

/** One version of A2A over gRPC. */
export interface A2aForm {
  /** `1.0` or `0.3`: what the service's name already says. */
  readonly version: string;
}

export interface A2aCallSource {
  readonly door: GrpcDoor;
  readonly form: A2aForm;
  readonly method: A2aMethod;
  readonly request: JsonObject;
  readonly call: GrpcCall;
}

/** The call as the other bindings make it: the agent by the port, the metadata, the tenant, else the fabric's own. */
export async function createA2aCall({ door, form, method, request, call }: A2aCallSource): Promise<OperationCall> {
  const headers = readHeaders(call.metadata);
  const codec = requireVersion(form.version, headers['a2a-version']);
  acknowledgeExtensions(call, { headers, codec, operation: method.operation });
  const asked = await readGrpcContext(door, call);
  const { tasks, registry, fabricAgentId } = door.services();
  const input = { kind: 'json', params: method.toParams(request) } as const;
  const generation = readGenerationCondition({ headers, codec, input });
  const context = generation ? { ...asked, generation } : asked;
  const id = readDeploymentId(door, call) ?? readTenant(codec, input) ?? fabricAgentId;
  const target = resolveForOperation(registry, id, method.operation);
  const after = readResumePoint(headers);
  return { tasks, codec, target, context, input, after, signal: call.signal };
}

/** As the other bindings do by a header. */
function acknowledgeExtensions(
  call: GrpcCall,
  { operation, ...asked }: Omit<ExtensionUse, 'operation'> & Pick<A2aMethod, 'operation'>,
): void {
  const used = operation === 'getCard' ? undefined : listUsedExtensions({ ...asked, operation });
  if (used) call.answerWith(used.name, used.value);
}

/** The service's own version; metadata may say it, too, and nothing else. */
export function requireVersion(version: string, header: string | undefined): Codec {
  const codec = resolveVersion({ header: header?.trim() || version, binding: 'rest' });
  if (codec.version === version) return codec;
  throw new ParleyError('VERSION_NOT_SUPPORTED', `This service speaks A2A ${version}, not ${codec.version}.`, {
    details: { requested: codec.version, supported: version },
  });
}
