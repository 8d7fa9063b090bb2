export type {
  DeploymentStatus,
  DeploymentView,
  DeployRequest,
  LogLine,
  PackageSource,
  RestartPolicy,
  WorkerView,
} from './deployments/model.ts';
export type { Runtime } from './port.ts';
