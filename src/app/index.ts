export { type ConfigSources, describeSettings, type NodeConfig, resolveConfig, resolveDataFolder } from './config.ts';
export { type Finding, runDoctor } from './doctor/run-doctor.ts';
export { productFolder, productVersion } from './product.ts';
export { runUp, type UpOptions } from './run-up.ts';
export { fabricAgentId, type RunningNode, type StartOptions, startNode } from './start-node.ts';
