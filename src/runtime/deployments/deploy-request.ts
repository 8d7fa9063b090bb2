import { createShortId, ParleyError } from '../../base/index.ts';
import type { Manifest } from '../packages/manifest-model.ts';
import { createAgentRecord } from './agent-record.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { initialDeploymentState } from './machine.ts';
import type { DeployRequest } from './model.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';

export interface RecordRequest {
  readonly request: DeployRequest;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
  readonly turn: number;
  /** How many deployments of this id there have been. */
  readonly revision: number;
  readonly deploymentId: string;
}

/** The agent and deployment id that a request means. */
export function resolveIds(
  request: DeployRequest,
  manifest: Manifest,
): { readonly agentId: string; readonly deploymentId: string } {
  const agentId = request.agentId ?? manifest.name;
  return { agentId, deploymentId: request.deploymentId ?? `${agentId}-${createShortId()}` };
}

/** The record of a deployment that was just asked for. VALIDATION_FAILED for figures out of their range. */
export function createRecord(options: ResolvedRuntimeOptions, asked: RecordRequest): DeploymentRecord {
  const { request, manifest, warnings, turn, revision, deploymentId } = asked;
  const { source, packageSha256, environment, replicas = 1 } = request;
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > options.limits.replicas) {
    throw new ParleyError('VALIDATION_FAILED', `replicas must be a whole number from 1 to ${options.limits.replicas}.`);
  }
  const { agentId } = resolveIds(request, manifest);
  const now = options.clock.now();
  const sealedEnvironment = environment && options.sealer.seal(JSON.stringify(environment));
  return {
    spec: {
      key: revision === 1 ? deploymentId : `${deploymentId}~${revision}`,
      id: deploymentId,
      agentId,
      source,
      packageSha256,
      strategy: request.strategy ?? 'replace',
      restart: { ...options.restart, ...request.restart },
      sealedEnvironment,
      limits: { memoryBytes: request.limits?.memoryBytes, cpus: request.limits?.cpus },
      allowBuild: request.allowBuild ?? false,
      allowDowngrade: request.allowDowngrade ?? false,
      organization: request.organization,
      ports: undefined,
      createdAtMs: now,
    },
    agent: createAgentRecord(agentId, manifest),
    warnings: [...warnings, ...unservedWarnings(manifest)],
    state: initialDeploymentState,
    settings: { replicas, weight: request.weight ?? 1, enabled: true },
    changedAtMs: now,
    turn,
    version: 0,
  };
}

/** What the package has and this version does not do. */
function unservedWarnings({ dependencies, surfaces }: Manifest): readonly string[] {
  return [
    ...(dependencies.length === 0
      ? []
      : [`Dependencies are not installed by this version: ${dependencies.join(', ')} must be there already.`]),
    ...(surfaces.rest === undefined ? [] : ['The rest surface is not served by this version.']),
    ...(surfaces.ui === undefined ? [] : ['The ui surface is not served by this version.']),
    ...(surfaces.a2a?.httpServer === undefined ? [] : ['a2a.http_server is not served by this version.']),
  ];
}
