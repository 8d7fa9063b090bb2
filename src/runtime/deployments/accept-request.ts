import type { Manifest } from '../packages/manifest-model.ts';
import { checkIds } from './check-ids.ts';
import { createRecord, resolveIds } from './deploy-request.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { chooseFront, type DeploymentSet } from './deployment-set.ts';
import { inheritRequest } from './inherit-request.ts';
import type { DeployRequest } from './model.ts';
import type { ReadyPackage } from './package-installer.ts';
import { refuseDowngrade } from './refuse-downgrade.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';

/** What a request is held against. */
export interface AcceptContext {
  readonly options: ResolvedRuntimeOptions;
  readonly deployments: DeploymentSet;
}

/**
 * The record of the deployment that a request asks for; `ready` is undefined for a package that is fetched later. Errors:
 * VALIDATION_FAILED, CONFLICT (an id is taken, the version is lower than what the agent has).
 */
export function acceptRequest(
  { options, deployments }: AcceptContext,
  asked: DeployRequest,
  ready: ReadyPackage | undefined,
): DeploymentRecord {
  const manifest = ready?.checked.manifest;
  const { agentId } = resolveIds(asked, manifest);
  const current = chooseFront(deployments.ofAgent(agentId))?.record;
  const request = inheritRequest(asked, current, options.sealer);
  const ids = resolveIds(request, manifest);
  checkIds({ ...ids, deployments, registry: options.registry });
  const { allowDowngrade = false } = request;
  if (manifest) refuseDowngrade({ deployments, agentId, version: manifest.version, allowDowngrade });
  return createRecord(options, {
    ...{ request, manifest, warnings: ready?.warnings ?? [], ids },
    turn: deployments.nextTurn(),
    revision: deployments.nextRevision(ids.deploymentId),
    enabled: !deployments.isDisabled(agentId),
  });
}

/** The same question about the version, asked when a package that was fetched later has been read. */
export function acceptFetched(deployments: DeploymentSet, { spec, agent }: DeploymentRecord, manifest: Manifest): void {
  if (agent.packageId !== '') return;
  const { agentId, allowDowngrade, key: own } = spec;
  refuseDowngrade({ deployments, agentId, version: manifest.version, allowDowngrade, own });
}
