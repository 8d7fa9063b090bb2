export { FakeTask, type FakeTaskOptions } from './fake-task.ts';
export { FakeTaskService, type FakeTaskServiceOptions } from './fake-task-service.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
