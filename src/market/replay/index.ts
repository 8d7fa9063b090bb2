export { readNegotiationState, readNegotiationStates } from './negotiation-state-view.ts';
export { type RebuiltNegotiations, rebuildNegotiations } from './rebuild-negotiations.ts';
