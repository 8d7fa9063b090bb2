import type { AgentCard, StreamItem, Task } from './model.ts';

/**
 * Names the extension of A2A 1.0 by which a caller learns a task's generation: a whole number that grows with all that happens to the
 * task, as A2A 1.1 is going to have it. A caller asks for it with the header `A2A-Extensions`.
 */
export const taskGenerationUri = 'urn:parley:task-generation:v1';

/** Where the metadata of tasks and updates has it. */
const generationName: `${typeof taskGenerationUri}/generation` = `${taskGenerationUri}/generation`;

/** How long a call that waits for the next generation is held open. */
export const longestGenerationWaitMs = 30_000;

/** The extension as a card declares it. A caller need not know it. */
export const taskGenerationExtension: NonNullable<AgentCard['capabilities']['extensions']>[number] = {
  uri: taskGenerationUri,
  description: 'Tasks and updates say their generation; a get waits for the next one, a send asks for a certain one.',
  params: { generation: generationName, maxWaitSeconds: longestGenerationWaitMs / 1_000 },
};

/** The task with its generation in its metadata. */
export function withTaskGeneration(task: Task): Task {
  return { ...task, metadata: { ...task.metadata, [generationName]: task.generation ?? 0 } };
}

/** The same of an item of a stream, whose generation is its sequence. A message has none. */
export function withItemGeneration(item: StreamItem, generation: number): StreamItem {
  switch (item.kind) {
    case 'task':
      return { kind: 'task', task: withTaskGeneration({ ...item.task, generation }) };
    case 'status':
      return {
        kind: 'status',
        update: { ...item.update, metadata: { ...item.update.metadata, [generationName]: generation } },
      };
    case 'artifact':
      return {
        kind: 'artifact',
        update: { ...item.update, metadata: { ...item.update.metadata, [generationName]: generation } },
      };
    case 'message':
      return item;
  }
}
