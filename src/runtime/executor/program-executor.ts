import type { AgentExecutor, ExecutionEvent, Invocation } from '../../agents/index.ts';
import { type Clock, ParleyError } from '../../base/index.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { Guard } from '../supervisor/guard.ts';
import type { LogEntry } from '../supervisor/log-ring.ts';
import { ProcessGroup } from '../supervisor/process-group.ts';
import { failedWith } from './execution-events.ts';
import { createProgramInput } from './program-input.ts';
import { toProgramEvents } from './program-output.ts';
import { runProgram } from './program-run.ts';

/** How a stdin/stdout program is started for each call. */
export interface ProgramLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement?: Confinement;
  /** Ids that it may be called with. */
  readonly skills: readonly string[];
}

/** The processes of one call. */
export type ProgramProcesses = Pick<ProcessGroup, 'end' | 'usedBytes'>;

export interface ProgramExecutorOptions {
  readonly launch: ProgramLaunch;
  readonly defaultSkill: string | undefined;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly termGraceMs: number;
  readonly maxOutputBytes: number;
  readonly log: (entry: Omit<LogEntry, 'workerId'>) => void;
  /** Takes a place for the call, whose processes it may ask for; throws AGENT_UNAVAILABLE when there is none. Gives back how to leave it. */
  readonly enter: (running: () => ProgramProcesses | undefined) => () => void;
}

const keptLines = 5;

/** An executor that runs one bounded process per call. */
export function createProgramExecutor(options: ProgramExecutorOptions): AgentExecutor {
  return { execute: (invocation) => runCall(options, invocation) };
}

async function* runCall(
  options: ProgramExecutorOptions,
  invocation: Invocation,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const { signal } = invocation;
  if (signal.aborted) return yield { kind: 'end', state: 'canceled' };
  const input = createProgramInput(chooseSkill(options, invocation), invocation.parts);
  let group: ProcessGroup | undefined;
  const leave = options.enter(() => group);
  const cancel = (): void => void group?.end(options.termGraceMs);
  try {
    group = await startProgram(options, invocation);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    yield* await finishProgram(options, { group, input, signal });
  } finally {
    signal.removeEventListener('abort', cancel);
    leave();
  }
}

interface RunningProgram {
  readonly group: ProcessGroup;
  readonly input: string;
  readonly signal: AbortSignal;
}

async function finishProgram(
  options: ProgramExecutorOptions,
  { group, input, signal }: RunningProgram,
): Promise<readonly ExecutionEvent[]> {
  const lastLines: string[] = [];
  const onErrorLine = (message: string): void => {
    if (lastLines.push(message) > keptLines) lastLines.shift();
    options.log({ stream: 'stderr', level: 'warn', message });
  };
  const { maxOutputBytes, clock } = options;
  const result = await runProgram({ group, input, maxOutputBytes, clock, onErrorLine });
  if (signal.aborted) return [{ kind: 'end', state: 'canceled' }];
  if (group.overMemory !== undefined) {
    throw new ParleyError('WORKER_LOST', `The program ended before it answered: it ${group.overMemory}.`);
  }
  if (result.tooMuch) return failedWith(`The program wrote more than ${maxOutputBytes} bytes and was killed.`);
  return toProgramEvents({ ...result, lastLines });
}

function startProgram(options: ProgramExecutorOptions, invocation: Invocation): Promise<ProcessGroup> {
  const { launch, guard, clock } = options;
  return ProcessGroup.start({
    command: launch.command,
    args: launch.args,
    cwd: launch.cwd,
    environment: { ...launch.environment, ...callEnvironment(invocation) },
    stdio: ['pipe', 'pipe', 'pipe'],
    guard,
    clock,
    confinement: launch.confinement,
  });
}

/** What a program needs to call other agents in the name of this call. */
function callEnvironment({ id, callToken, task, trace }: Invocation): Readonly<Record<string, string>> {
  return {
    PARLEY_CALL_TOKEN: callToken,
    PARLEY_INVOCATION_ID: id,
    PARLEY_CORRELATION_ID: trace.correlationId,
    ...(trace.traceparent === undefined ? {} : { TRACEPARENT: trace.traceparent }),
    ...(task === undefined ? {} : { PARLEY_TASK_ID: task.id, PARLEY_CONTEXT_ID: task.contextId }),
  };
}

function chooseSkill({ launch, defaultSkill }: ProgramExecutorOptions, invocation: Invocation): string {
  const skill = invocation.skill ?? defaultSkill;
  if (skill !== undefined && launch.skills.includes(skill)) return skill;
  const asked = skill === undefined ? 'The call names no skill' : `There is no skill ${skill}`;
  const known = launch.skills.join(', ');
  throw new ParleyError('SKILL_NOT_FOUND', `${asked}; agent ${invocation.agentId} has: ${known}.`);
}
