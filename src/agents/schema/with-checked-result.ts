import type { AgentExecutor, ExecutionEvent, Invocation } from '../port.ts';
import type { SkillRecord } from '../record.ts';
import { checkResult } from './check-call.ts';

/** The artifact that holds what a handler returned; those that it sent on its way have other ids. */
const resultArtifactId = 'result';

/** The executor, whose calls end with OUTPUT_INVALID when their result does not fit the skill's output schema. */
export function withCheckedResult(executor: AgentExecutor, skill: SkillRecord | undefined): AgentExecutor {
  if (skill?.outputSchema === undefined) return executor;
  return { execute: (invocation) => checkEvents(executor, skill, invocation) };
}

async function* checkEvents(
  executor: AgentExecutor,
  skill: SkillRecord,
  invocation: Invocation,
): AsyncGenerator<ExecutionEvent> {
  for await (const event of executor.execute(invocation)) {
    if (event.kind === 'reply') checkResult(skill, event.parts);
    else if (event.kind === 'artifact' && event.artifact.artifactId === resultArtifactId)
      checkResult(skill, event.artifact.parts);
    yield event;
  }
}
