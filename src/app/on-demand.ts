type RunDoctor = typeof import('./doctor/run-doctor.ts').runDoctor;
type RunRebuild = typeof import('./rebuild/run-rebuild.ts').runRebuild;
type RunVerify = typeof import('./rebuild/run-verify.ts').runVerify;

/** Looks for what is unsafe or missing here; loaded when it is asked for: a node that runs has no use for it. */
export const runDoctor: RunDoctor = async (...asked) => (await import('./doctor/run-doctor.ts')).runDoctor(...asked);

/** Makes a store of what the log says; loaded when it is asked for. */
export const runRebuild: RunRebuild = async (...asked) =>
  (await import('./rebuild/run-rebuild.ts')).runRebuild(...asked);

/** Compares what the log says with what a store has; loaded when it is asked for. */
export const runVerify: RunVerify = async (...asked) => (await import('./rebuild/run-verify.ts')).runVerify(...asked);
