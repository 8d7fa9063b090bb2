export type { CallChain } from './call-chain.ts';
export { anonymous, mayTouch, operator, type Principal, workerPrincipal } from './principal.ts';
