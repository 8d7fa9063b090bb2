import type { Admission, Operation } from '../security/index.ts';
import type { CallContext, Target } from './call-context.ts';
import type { TaskService } from './port.ts';
import type { PushService } from './push/port.ts';

/**
 * The same service for callers that may not do everything: each operation asks for the right first, before anything is looked up.
 * Which skills a caller may call, the service itself looks at. Its streams may throw at once.
 */
export function guardTasks(tasks: TaskService, admission: Admission): TaskService {
  const admit = (operation: Operation, { agentId }: Target, { principal }: CallContext): void =>
    admission.require(principal, { agentId, operation });
  return {
    async send(target, request, context, signal) {
      admit('call', target, context);
      return tasks.send(target, request, context, signal);
    },
    stream(target, request, context, signal) {
      admit('call', target, context);
      return tasks.stream(target, request, context, signal);
    },
    async get(target, request, context, signal) {
      admit('read', target, context);
      return tasks.get(target, request, context, signal);
    },
    async list(target, request, context) {
      admit('read', target, context);
      return tasks.list(target, request, context);
    },
    async cancel(target, request, context) {
      admit('cancel', target, context);
      return tasks.cancel(target, request, context);
    },
    subscribe(target, request, context, after, signal) {
      admit('read', target, context);
      return tasks.subscribe(target, request, context, after, signal);
    },
    push: guardPush(tasks.push, admit),
  };
}

type Admit = (operation: Operation, target: Target, context: CallContext) => void;

function guardPush(push: PushService, admit: Admit): PushService {
  return {
    async create(target, request, context) {
      admit('read', target, context);
      return push.create(target, request, context);
    },
    async get(target, request, context) {
      admit('read', target, context);
      return push.get(target, request, context);
    },
    async list(target, taskId, context) {
      admit('read', target, context);
      return push.list(target, taskId, context);
    },
    async remove(target, request, context) {
      admit('read', target, context);
      return push.remove(target, request, context);
    },
    listFailed: () => push.listFailed(),
    redrive: (taskId, id) => push.redrive(taskId, id),
  };
}
