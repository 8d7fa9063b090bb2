import { z } from 'zod';
import type { TaskControl } from '../task-control.ts';
import { countOf, type DescribedRoute, jsonRoute } from './described-route.ts';
import { taskStateSchema } from './request-schemas.ts';
import { taskPageSchema, taskSchema } from './response-schemas.ts';

const params = { id: 'A task id.' };

const query = z.strictObject({
  agent: z.string().exactOptional().describe('An agent or deployment id; unset: all agents.'),
  state: taskStateSchema.exactOptional(),
  contextId: z.string().exactOptional(),
  pageSize: countOf(1, 100, 50),
  pageToken: z.string().exactOptional().describe('`nextPageToken` of the page before.'),
});

/** Routes over the tasks of all callers. */
export function createTaskRoutes(tasks: TaskControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/tasks',
      operationId: 'listTasks',
      summary: 'Tasks, newest status first.',
      query,
      response: taskPageSchema,
      answer: (request) => tasks.list(request.query),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/tasks/{id}',
      operationId: 'getTask',
      summary: 'Whose task it is and how it stands; its agent gives all of it by A2A.',
      params,
      response: taskSchema,
      answer: ({ id }) => tasks.get(id),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/tasks/{id}/cancel',
      operationId: 'cancelTask',
      summary: 'Stops the work; answers with the task as it is then.',
      params,
      response: taskSchema,
      answer: ({ id }) => tasks.cancel(id),
    }),
  ];
}
