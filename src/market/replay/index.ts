export { openValue } from '../wire/seal-contents.ts';
export { eraseNegotiations } from './erase-negotiations.ts';
export { readNegotiationState, readNegotiationStates } from './negotiation-state-view.ts';
export { type RebuiltNegotiations, rebuildNegotiations } from './rebuild-negotiations.ts';
