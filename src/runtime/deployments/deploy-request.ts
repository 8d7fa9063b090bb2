import { createShortId, ParleyError } from '../../base/index.ts';
import type { Manifest } from '../packages/manifest-model.ts';
import { guessPackage, parsePackageUrl } from '../sources/package-url.ts';
import { createAgentRecord, createUnreadAgent } from './agent-record.ts';
import type { DeploymentRecord, DeploymentSpec } from './deployment-record.ts';
import { initialDeploymentState, type Learnt } from './machine.ts';
import type { DeployRequest, PackageSource } from './model.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';
import { checkReplicas, checkWeight } from './settings-check.ts';

export interface RecordRequest {
  readonly request: DeployRequest;
  /** Undefined until a package at a URL has been fetched. */
  readonly manifest: Manifest | undefined;
  readonly warnings: readonly string[];
  readonly turn: number;
  /** How many deployments of this id there have been. */
  readonly revision: number;
  readonly ids: DeployIds;
  /** False: its agent is disabled, and it is to be so, too. */
  readonly enabled: boolean;
}

/** What a deployment is called. */
export interface DeployIds {
  readonly agentId: string;
  readonly deploymentId: string;
  /** The agent id was read from a file name, and the package must bear it out. */
  readonly agentIdGuessed: boolean;
}

/** The agent and deployment id that a request means. VALIDATION_FAILED when a URL does not tell the agent's name. */
export function resolveIds(request: DeployRequest, manifest: Manifest | undefined): DeployIds {
  const known = request.agentId ?? manifest?.name;
  const agentId = known ?? guessAgentId(request);
  const deploymentId = request.deploymentId ?? `${agentId}-${createShortId()}`;
  return { agentId, deploymentId, agentIdGuessed: known === undefined };
}

function guessAgentId({ source }: DeployRequest): string {
  const guess = source.kind === 'url' ? guessPackage(source.url) : undefined;
  if (guess !== undefined) return guess.name;
  const message =
    'The file name is not NAME-VERSION.apkg, so it does not tell the agent. Name it with --agent (agentId).';
  throw new ParleyError('VALIDATION_FAILED', message);
}

/** What a manifest says of the agent, and what a person should know. */
export function learnManifest(agentId: string, manifest: Manifest, warnings: readonly string[]): Learnt {
  return { agent: createAgentRecord(agentId, manifest), warnings };
}

/** The record of a deployment that was just asked for. VALIDATION_FAILED for figures out of their range. */
export function createRecord(options: ResolvedRuntimeOptions, asked: RecordRequest): DeploymentRecord {
  const { request, manifest, warnings, turn, revision, ids, enabled } = asked;
  const { agentId, deploymentId, agentIdGuessed } = ids;
  const { source, packageSha256, environment, replicas = 1 } = request;
  const { strategy = 'replace', weight = 1 } = request;
  checkReplicas(replicas, options.limits);
  checkWeight(weight);
  if (weight === 0 && strategy === 'replace') {
    const rule = 'A deployment of weight 0 takes no calls of its agent, so it cannot replace the others';
    throw new ParleyError('VALIDATION_FAILED', `${rule}: deploy it beside them, or give it a weight.`);
  }
  const now = options.clock.now();
  const sealedEnvironment = environment && options.sealer.seal(JSON.stringify(environment));
  return {
    spec: {
      key: revision === 1 ? deploymentId : `${deploymentId}~${revision}`,
      id: deploymentId,
      agentId,
      agentIdGuessed,
      ...keepSource(source, options),
      packageSha256,
      signature: request.signature,
      strategy,
      restart: { ...options.restart, ...request.restart },
      sealedEnvironment,
      limits: { memoryBytes: undefined, cpus: undefined, ...request.limits },
      allowBuild: request.allowBuild ?? false,
      allowDowngrade: request.allowDowngrade ?? false,
      organization: request.organization,
      ports: undefined,
      createdAtMs: now,
    },
    ...(manifest === undefined
      ? { agent: createUnreadAgent(agentId, request.source), warnings }
      : learnManifest(agentId, manifest, warnings)),
    state: initialDeploymentState,
    settings: { replicas, weight, enabled },
    changedAtMs: now,
    turn,
    exclusive: strategy === 'replace',
    version: 0,
  };
}

/** A URL may hold secrets: the whole of it is sealed, and what is shown is its harmless part. */
function keepSource(
  source: PackageSource,
  { sealer }: ResolvedRuntimeOptions,
): Pick<DeploymentSpec, 'source' | 'sealedUrl'> {
  if (source.kind !== 'url') return { source, sealedUrl: undefined };
  return { source: { kind: 'url', url: parsePackageUrl(source.url).shown }, sealedUrl: sealer.seal(source.url) };
}
