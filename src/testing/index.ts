export { type BlobSubject, blobContract, type OpenBlobSubject } from './blob-contract.ts';
export { createCallResilience } from './call-resilience.ts';
export { type ExecutorContractOptions, type ExecutorSubject, executorContract } from './executor-contract.ts';
export { FakeTask, type FakeTaskOptions } from './fake-task.ts';
export { FakeTaskService, type FakeTaskServiceOptions } from './fake-task-service.ts';
export { createFrontDoorServices, type FrontDoorServices } from './front-door-services.ts';
export type { LogContractOptions, LogSubject, OpenLogSubject } from './log-contract/subject.ts';
export { logContract } from './log-contract.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export {
  type OpenSchemaRegistry,
  type SchemaRegistrySubject,
  schemaRegistryContract,
} from './schema-registry-contract.ts';
export type { OpenSubject, StoreSubject } from './store-contract/subject.ts';
export { storeContract } from './store-contract.ts';
