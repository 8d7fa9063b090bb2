export { type CardOptions, createAgentCard } from './card.ts';
export type {
  AgentExecutor,
  EndState,
  ExecutionEvent,
  Invocation,
  InvocationCaller,
  InvocationTask,
  TraceContext,
} from './port.ts';
export type {
  AgentRecord,
  ExecutorRole,
  MarketRoles,
  ProviderRole,
  RequesterRole,
  ResilienceSettings,
  SkillRecord,
  TimeoutSettings,
} from './record.ts';
export { type CardReader, type CardReaderOptions, createCardReader, type ReadCard } from './remote/card-reader.ts';
export { chooseWay } from './remote/choose-way.ts';
export {
  createRemoteExecutor,
  type RemoteCard,
  type RemoteExecutorOptions,
} from './remote/remote-executor.ts';
export { createRemoteRecord } from './remote/remote-record.ts';
export type { RemotePatience } from './remote/remote-run.ts';
export { checkArguments } from './schema/check-call.ts';
export { findSchemaFaults } from './schema/create-schema-check.ts';
export type { SchemaFault } from './schema/prepare-schema.ts';
export { withCheckedResult } from './schema/with-checked-result.ts';
export { selectSkill } from './select-skill.ts';
