import type { SkillRecord } from '../agents/index.ts';
import type { TaskState } from '../protocol/index.ts';
import type { AgentStatus } from '../registry/index.ts';
import type { DeploymentStatus } from '../runtime/index.ts';

/** An agent as an operator sees it. */
export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** `name@version`, empty for an agent without a package. */
  readonly packageId: string;
  readonly status: AgentStatus;
  /** What is wrong, when it is not healthy. */
  readonly reason?: string;
  readonly private: boolean;
  readonly skills: readonly SkillRecord[];
  /** The skill that is called when none is named. */
  readonly defaultSkill?: string;
  readonly tags?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly deployments: readonly string[];
  /** Calls under way. */
  readonly inFlight: number;
  /** Calls that wait for a place. */
  readonly queued: number;
  /** When a call began or ended last; ms since the epoch. */
  readonly lastActivityAtMs?: number;
  /** The base of its A2A interfaces. */
  readonly url: string;
}

/** A task in a listing; all of it is to be had from its agent by A2A. */
export interface TaskSummary {
  readonly id: string;
  readonly agentId: string;
  readonly contextId: string;
  readonly state: TaskState;
  /** When it came into this state; ISO 8601, UTC. */
  readonly changedAt: string;
  /** What the agent said last, if it was text. */
  readonly message?: string;
}

/** A page of tasks, newest status first. */
export interface TaskSummaryPage {
  readonly tasks: readonly TaskSummary[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** One of the nodes that share a store. */
export interface FabricNodeView {
  readonly id: string;
  /** `silent`: its heartbeat is late, and others take over its tasks. `left`: it has stopped in order. */
  readonly state: 'up' | 'silent' | 'left';
  /** The node that was asked. */
  readonly isSelf: boolean;
  /** Where the other nodes call it; empty for a node that is alone. */
  readonly address: string;
  readonly url: string;
  readonly zone: string;
  readonly version: string;
  readonly startedAtMs: number;
}

/** What the node says of itself. */
export interface NodeStatus {
  readonly version: string;
  readonly nodeVersion: string;
  readonly pid: number;
  /** Where the front door is, without a slash at the end. */
  readonly url: string;
  /** `host:port` of gRPC, while the node listens there. */
  readonly grpcAddress?: string;
  readonly dataFolder: string;
  readonly phase: 'starting' | 'ready' | 'stopping';
  readonly startedAtMs: number;
  /** Deployments' own ports, and the node's own of gRPC, that could not be had; each is tried again. */
  readonly missingPorts: readonly MissingPort[];
}

/** A deployment's own port that another program has, or that cannot be listened on for another reason. */
export interface MissingPort {
  readonly deploymentId: string;
  readonly port: number;
  readonly reason: string;
}

/** The node and what runs on it. */
export interface NodeOverview extends NodeStatus {
  readonly agents: { readonly total: number; readonly healthy: number };
  readonly deployments: Readonly<Partial<Record<DeploymentStatus, number>>>;
}

/** The program's name and version. */
export interface VersionView {
  readonly name: 'parley';
  readonly version: string;
}
