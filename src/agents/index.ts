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
export type { AgentRecord, SkillRecord, TimeoutSettings } from './record.ts';
export { selectSkill } from './select-skill.ts';
