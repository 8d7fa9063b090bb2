export { canSetUsers } from './containment/confiner.ts';
export { findReachable } from './containment/find-reachable.ts';
export { findClosed, probeReach } from './containment/probe-reach.ts';
export { defaultUidSettings, type UidSettings } from './containment/uid-settings.ts';
export type {
  DeploymentStatus,
  DeploymentView,
  DeployRequest,
  HistoryEntry,
  LocalSource,
  LogLine,
  PackageSource,
  RestartPolicy,
  Rollback,
  WorkerView,
} from './deployments/model.ts';
export type { RuntimeLimits, RuntimeOptions } from './deployments/runtime-options.ts';
export { createRuntime, type RuntimeHandle } from './deployments/service.ts';
export {
  createPackageRegistry,
  type PackageRegistry,
  type PackageRegistryView,
  type RegistryPackageView,
} from './package-registry/package-registry.ts';
export { parseDotenv } from './packages/dotenv.ts';
export { resolveEnvironment } from './packages/environment.ts';
export { readEnvironmentLayers } from './packages/environment-layers.ts';
export { readIgnoreRules } from './packages/folder-content.ts';
export type { IgnoreRules } from './packages/ignore-rules.ts';
export { type InitOptions, initPackage } from './packages/init-package.ts';
export {
  type InstalledPackage,
  type InstallOptions,
  installPackage,
  loadInstalled,
} from './packages/install-package.ts';
export { createLaunchPlan, type LaunchPlan } from './packages/launch-plan.ts';
export { loadYaml } from './packages/load-yaml.ts';
export { type ParseManifestOptions, parseManifest } from './packages/manifest.ts';
export { type ManifestField, manifestFields } from './packages/manifest-fields.ts';
export type { Manifest, ManifestEntry, ManifestSkill, ManifestSurfaces } from './packages/manifest-model.ts';
export type { ManifestProblem } from './packages/manifest-problems.ts';
export { type PackedPackage, packFolder } from './packages/pack-folder.ts';
export type { PackageFile } from './packages/package-content.ts';
export type { PackageFault } from './packages/package-error.ts';
export { defaultPackageLimits, type PackageLimits } from './packages/package-limits.ts';
export { type CheckedPackage, type ReadPackageOptions, readPackage } from './packages/read-package.ts';
export type { DeploymentChanges, Runtime } from './port.ts';
export type { PackageLibrary, PackageView, UploadedPackage } from './sources/package-library.ts';
export { defaultWorkerSettings, type WorkerSettings } from './supervisor/worker-settings.ts';
