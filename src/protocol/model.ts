import type { JsonObject, JsonValue } from '../base/index.ts';

/**
 * The one neutral model. Names and meaning are those of A2A 1.0; every version's codec maps to it and back.
 * Fields that a codec does not know ride along on the object they came with.
 */
export type TaskState = (typeof taskStates)[number];

/** Every state a task can be in. */
export const taskStates = [
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const;

export type Role = 'user' | 'agent';

/** Bytes that live outside the journal: lower-case hex sha256 of the content, size in bytes. */
export interface BlobRef {
  readonly sha256: string;
  readonly size: number;
  /** The content is the UTF-8 of a text part. */
  readonly text?: boolean;
}

interface PartCommon {
  readonly filename?: string;
  readonly mediaType?: string;
  readonly metadata?: JsonObject;
}

/**
 * Exactly one of text, data, raw, url; in a journal also blob or base64, which stand for content that is `raw` (or a long
 * text) in memory: `blob` by reference, `base64` for small bytes in place.
 */
export type TextPart = PartCommon & { readonly text: string };
export type DataPart = PartCommon & { readonly data: JsonValue };
export type RawPart = PartCommon & { readonly raw: Uint8Array };
export type BlobPart = PartCommon & { readonly blob: BlobRef };
export type UrlPart = PartCommon & { readonly url: string };
export type InlinePart = PartCommon & { readonly base64: string };
export type Part = TextPart | DataPart | RawPart | BlobPart | InlinePart | UrlPart;

export interface Message {
  readonly messageId: string;
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly contextId?: string;
  readonly taskId?: string;
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
  readonly referenceTaskIds?: readonly string[];
}

export interface TaskStatus {
  readonly state: TaskState;
  readonly message?: Message;
  /** ISO 8601, UTC, milliseconds; empty only in what another server sent without one. */
  readonly timestamp: string;
}

export interface Artifact {
  readonly artifactId: string;
  readonly name?: string;
  readonly description?: string;
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
}

export interface Task {
  readonly id: string;
  readonly contextId: string;
  readonly status: TaskStatus;
  readonly artifacts: readonly Artifact[];
  readonly history: readonly Message[];
  readonly metadata?: JsonObject;
  /** How many events its journal has; it is not written as a field of its own. */
  readonly generation?: number;
}

export interface StatusUpdate {
  readonly taskId: string;
  readonly contextId: string;
  readonly status: TaskStatus;
  readonly metadata?: JsonObject;
}

export interface ArtifactUpdate {
  readonly taskId: string;
  readonly contextId: string;
  readonly artifact: Artifact;
  /** True: the parts go behind those of the artifact with the same id. */
  readonly append: boolean;
  readonly lastChunk: boolean;
  readonly metadata?: JsonObject;
}

/** One item of a stream, and one answer to a send. */
export type StreamItem =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'status'; readonly update: StatusUpdate }
  | { readonly kind: 'artifact'; readonly update: ArtifactUpdate };

export interface SendConfiguration {
  readonly acceptedOutputModes?: readonly string[];
  /** Unset: the server's default; 0: none. */
  readonly historyLength?: number;
  /** True: answer as soon as the task exists. */
  readonly returnImmediately: boolean;
  /** Where to push what happens to the task. */
  readonly push?: NewPushConfig;
}

/** A webhook that is told of what happens to a task. */
export interface PushConfig {
  readonly taskId: string;
  readonly id: string;
  readonly url: string;
}

/** A webhook as its caller asks for it: with its secrets, which are never given back. */
export interface NewPushConfig {
  /** Undefined: the server gives one. */
  readonly id?: string;
  readonly url: string;
  /** Sent along, so that the webhook knows whose word it is. */
  readonly token?: string;
  readonly authentication?: PushAuthentication;
  /** The version in which the webhook is told. */
  readonly protocolVersion: '1.0' | '0.3';
}

export interface PushAuthentication {
  /** As in the Authorization header: `Bearer`. */
  readonly scheme: string;
  readonly credentials?: string;
}

export interface CreatePushConfigRequest {
  readonly taskId: string;
  readonly config: NewPushConfig;
}

export interface PushConfigIdRequest {
  readonly taskId: string;
  /** Undefined, in 0.3: the first one. */
  readonly id: string | undefined;
}

export interface SendRequest {
  readonly message: Message;
  readonly configuration: SendConfiguration;
  readonly metadata?: JsonObject;
}

export interface GetTaskRequest {
  readonly id: string;
  readonly historyLength?: number;
}

export interface ListTasksRequest {
  readonly contextId?: string;
  readonly state?: TaskState;
  /** 1 to 100, 50 when unset. */
  readonly pageSize: number;
  readonly pageToken?: string;
  readonly historyLength?: number;
  /** Milliseconds since the epoch; tasks whose status is at least as new. */
  readonly statusTimestampAfterMs?: number;
  readonly includeArtifacts: boolean;
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  readonly pageSize: number;
  readonly totalSize: number;
}

export interface TaskIdRequest {
  readonly id: string;
  readonly metadata?: JsonObject;
}

export interface AgentSkill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples?: readonly string[];
  readonly inputModes?: readonly string[];
  readonly outputModes?: readonly string[];
}

export interface AgentInterface {
  readonly url: string;
  readonly protocolBinding: 'JSONRPC' | 'HTTP+JSON' | 'GRPC';
  readonly protocolVersion: string;
  readonly tenant?: string;
}

/** One way in which a caller shows who it is, as 1.0 has it. */
export type SecurityScheme =
  | {
      readonly httpAuthSecurityScheme: {
        readonly scheme: string;
        readonly bearerFormat?: string;
        readonly description?: string;
      };
    }
  | { readonly mtlsSecurityScheme: { readonly description?: string } }
  | { readonly openIdConnectSecurityScheme: { readonly openIdConnectUrl: string; readonly description?: string } };

/** How callers show who they are: each of the requirements by itself is enough. */
export interface CardSecurity {
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly securityRequirements: readonly {
    readonly schemes: Readonly<Record<string, { readonly list: readonly string[] }>>;
  }[];
}

export interface AgentCard extends Partial<CardSecurity> {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly supportedInterfaces: readonly AgentInterface[];
  readonly provider?: { readonly organization: string; readonly url: string };
  readonly documentationUrl?: string;
  readonly iconUrl?: string;
  readonly capabilities: {
    readonly streaming: boolean;
    readonly pushNotifications: boolean;
    readonly extendedAgentCard: boolean;
    readonly extensions?: readonly {
      readonly uri: string;
      readonly description?: string;
      readonly required?: boolean;
      readonly params?: JsonObject;
    }[];
  };
  readonly defaultInputModes: readonly string[];
  readonly defaultOutputModes: readonly string[];
  readonly skills: readonly AgentSkill[];
}

const terminalStates: ReadonlySet<TaskState> = new Set(['completed', 'failed', 'canceled', 'rejected']);
const interruptedStates: ReadonlySet<TaskState> = new Set(['input-required', 'auth-required']);

/** Nothing follows a terminal state. */
export function isTerminal(state: TaskState): boolean {
  return terminalStates.has(state);
}

/** The task waits for its caller: a blocking send answers. */
export function isInterrupted(state: TaskState): boolean {
  return interruptedStates.has(state);
}
