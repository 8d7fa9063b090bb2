import type { MarketRoles, ResilienceSettings, TimeoutSettings } from '../../agents/index.ts';
import type { JsonObject } from '../../base/index.ts';
import type { HandlerSpec } from '../worker-protocol/frames.ts';
import type { ManifestRuntime } from './manifest-runtime.ts';

/** A skill as agent.yaml declares it. */
export interface ManifestSkill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly private: boolean;
  readonly idempotent: boolean;
  readonly roleRequired?: string;
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  /** `subject` or `subject@version` of the schema registry; resolved when the package is installed. */
  readonly inputSchemaRef?: string;
  readonly outputSchemaRef?: string;
  readonly timeouts: TimeoutSettings;
  readonly resilience?: ResilienceSettings;
  /** Undefined: the program does it, or a custom handler of the a2a service that only the worker knows. */
  readonly handler: HandlerSpec | undefined;
}

/** A function of the package, as `module:function` names it. */
export interface FunctionRef {
  readonly module: string;
  readonly name: string;
}

/** What starts the package. */
export type ManifestEntry =
  /** `command`: one process per call. */
  | { readonly kind: 'program'; readonly command: readonly string[] }
  /** `entrypoint`: a function, a class PixellAdapter, or a Python `main`. */
  | { readonly kind: 'entrypoint'; readonly handler: HandlerSpec }
  /** Each export has its own handler. */
  | { readonly kind: 'exports' }
  /** Nothing but surfaces. */
  | { readonly kind: 'surfaces' };

/** Surfaces besides the skills. */
export interface ManifestSurfaces {
  readonly rest?: { readonly entry: FunctionRef };
  readonly a2a?: { readonly service?: FunctionRef; readonly httpServer?: FunctionRef };
  readonly ui?: { readonly path: string; readonly basePath: string };
}

/** What the processes of one worker may use together. */
export interface ManifestResources {
  readonly memoryBytes?: number;
  /** Processor cores; 0.5 is half of one. */
  readonly cpus?: number;
}

/** agent.yaml, normalized: every default is filled in, every name is checked. */
export interface Manifest {
  readonly name: string;
  /** `metadata.version`, else `version`. */
  readonly version: string;
  /** `name@version`. */
  readonly packageId: string;
  readonly displayName: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  readonly private: boolean;
  readonly runtime: ManifestRuntime;
  readonly entry: ManifestEntry;
  readonly skills: readonly ManifestSkill[];
  /** Id of the skill that is called when none is named; undefined when there are several and none stands out. */
  readonly defaultSkill: string | undefined;
  readonly capabilities: readonly string[];
  readonly concurrency: number;
  readonly resources: ManifestResources;
  readonly resilience?: ResilienceSettings;
  /** The roles that the agent takes where work is put out to tender. */
  readonly market?: MarketRoles;
  /** As written: `${VAR}` is not resolved. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly surfaces: ManifestSurfaces;
  /** It has Python code run in sessions. */
  readonly pythonSessions: boolean;
  /** Names of the skills that come from sub_agents. */
  readonly subAgents: readonly string[];
  /** Everything under `metadata`, unknown keys too. */
  readonly metadata: JsonObject;
  /** The whole file as plain values. */
  readonly raw: JsonObject;
  /** What is odd and yet accepted, each with its line. */
  readonly warnings: readonly string[];
}
