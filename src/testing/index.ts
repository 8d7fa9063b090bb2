export { type BlobSubject, blobContract, type OpenBlobSubject } from './blob-contract.ts';
export { createCallResilience } from './call-resilience.ts';
export { type ExecutorContractOptions, type ExecutorSubject, executorContract } from './executor-contract.ts';
export { FakeTask, type FakeTaskOptions } from './fake-task.ts';
export { FakeTaskService, type FakeTaskServiceOptions } from './fake-task-service.ts';
export { createFrontDoorServices, type FrontDoorServices } from './front-door-services.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export type { OpenSubject, StoreSubject } from './store-contract/subject.ts';
export { storeContract } from './store-contract.ts';
