import type { ErrorCode } from '../base/index.ts';

/** What the program's exit codes mean; docs/cli.md has the same table. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  auth: 4,
  timeout: 5,
  interrupted: 130,
} as const;

const byCode: Partial<Record<ErrorCode, number>> = {
  // What was typed is looked at here as far as that goes; what only the node can judge comes back as one of these.
  INVALID_PARAMS: exitCodes.usage,
  VALIDATION_FAILED: exitCodes.usage,
  UNREACHABLE: exitCodes.unreachable,
  UNAUTHENTICATED: exitCodes.auth,
  PERMISSION_DENIED: exitCodes.auth,
  FORBIDDEN_ORIGIN: exitCodes.auth,
  DEADLINE_EXCEEDED: exitCodes.timeout,
  CANCELED: exitCodes.interrupted,
};

/** The exit code of a command that ended with that error. */
export function toExitCode(code: ErrorCode): number {
  return byCode[code] ?? exitCodes.failure;
}
