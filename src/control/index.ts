export type { BridgeAgent, BridgeView } from '../bridge/index.ts';
export type {
  GroupMove as LogGroupMove,
  GroupPosition as LogGroupPosition,
  TopicDescription as LogTopicView,
  TopicSettings as LogTopic,
} from '../log/index.ts';
export type { CompatibilityLevel, RegistryRest, Violation } from '../log/schema/index.ts';
export type { AgentQuery, RemoteAgentView } from '../registry/index.ts';
export type { BreakerView, DeadLetter, DeadLetterFilter } from '../resilience/index.ts';
export type {
  DeploymentView,
  DeployRequest,
  HistoryEntry,
  IgnoreRules,
  LocalSource,
  LogLine,
  PackageRegistryView,
  PackageSource,
  PackageView,
  Rollback,
  UploadedPackage,
} from '../runtime/index.ts';
export { initPackage, packFolder, readIgnoreRules, readPackage } from '../runtime/index.ts';
export type { ApiKey, NewApiKey } from '../security/index.ts';
export {
  createSigningKeyPair,
  parsePackageSignature,
  parsePublicKey,
  signPackage,
  verifyPackageSignature,
} from '../security/index.ts';
export type { AgentControl } from './agent-control.ts';
export type { ChangeControl } from './change-control.ts';
export type { AgentClient } from './client/agent-client.ts';
export {
  type ControlClient,
  type ControlClientOptions,
  createControlClient,
  type DeploymentClient,
} from './client/control-client.ts';
export { type Control, type ControlOptions, createControl, type NodeControl } from './control.ts';
export type { DeadLetterOutcome, DeadLetterView } from './dead-letter-control.ts';
export { DeployWebhooks } from './deploy-webhooks/deploy-webhooks.ts';
export type { DeployWebhook } from './deploy-webhooks/outcome.ts';
export { deployWebhookCollection } from './deploy-webhooks/webhook-book.ts';
export type { DeploymentControl } from './deployment-control.ts';
export type { CallOutcome } from './invoke/collect-result.ts';
export type { AgentCall, CallResult, InvokeControl } from './invoke/invoke-control.ts';
export { formatResultText, toResultValue } from './invoke/result-value.ts';
export { createTakePlace, type TakePlace } from './invoke/take-place.ts';
export type { KeyControl } from './key-control.ts';
export type { OpenLog, RecordView as LogRecordView } from './log/log-control.ts';
export type { Trial as LogTrial } from './log/replay-control.ts';
export type { LogErasure, TaskRecords } from './log/task-records.ts';
export type {
  MarketAgentView,
  MarketControl,
  NegotiationPageView,
  NegotiationRequest,
  NegotiationThreadView,
  NegotiationView,
  OpenMarket,
} from './market/market-control.ts';
export type { PackageControl } from './package-control.ts';
export {
  RemoteAgentBook,
  type RemoteAgentBookOptions,
  remoteAgentCollection,
} from './remote-agents/remote-agent-book.ts';
export type { ControlEvent, ControlRequest, ControlResponse, ControlRoute } from './route.ts';
export { createControlRoutes } from './routes/routes.ts';
export type { OpenSchemas, SchemaControl, SchemaDiff, SchemaView, SubjectView } from './schemas/schema-control.ts';
export type { TaskControl, TaskQuery } from './task-control.ts';
export type {
  AgentView,
  FabricNodeView,
  NodeOverview,
  NodeStatus,
  TaskSummary,
  TaskSummaryPage,
  VersionView,
} from './views.ts';
