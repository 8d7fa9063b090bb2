export { type ConfigSources, describeSettings, type NodeConfig, resolveConfig, resolveDataFolder } from './config.ts';
export type { Finding } from './doctor/run-doctor.ts';
export { fabricAgentId } from './fabric-agent-parts.ts';
export { runDoctor, runRebuild, runVerify } from './on-demand.ts';
export { productFolder, productVersion } from './product.ts';
export type { RebuildReport } from './rebuild/rebuild-report.ts';
export type { Verification } from './rebuild/run-verify.ts';
export { runUp, type UpOptions } from './run-up.ts';
export { type RunningNode, type StartOptions, startNode } from './start-node.ts';
