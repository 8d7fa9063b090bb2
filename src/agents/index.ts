export type {
  AgentExecutor,
  EndState,
  ExecutionEvent,
  Invocation,
  InvocationCaller,
  InvocationTask,
  TraceContext,
} from './port.ts';
export type { AgentRecord, SkillRecord, TimeoutSettings } from './record.ts';
