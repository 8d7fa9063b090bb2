import type { ParleyError } from '../../base/index.ts';

/** An answer as status and text. */
export interface FormattedError {
  readonly status: number;
  readonly body: string;
}

/** One thing that is wrong with a request, in the form that PAR's clients know. */
interface ParProblem {
  readonly loc: readonly string[];
  readonly msg: string;
  readonly type: string;
}

/** PAR's errors: `{error, message}`, with `details` when the request was not valid. What went wrong inside stays in the log. */
export function formatParError(error: ParleyError): FormattedError {
  if (error.code === 'INTERNAL') return internal;
  const { http: status } = error.entry;
  if (error.code !== 'VALIDATION_FAILED') {
    return { status, body: JSON.stringify({ error: nameOf(error.code), message: error.message }) };
  }
  const body = { error: 'ValidationError', message: 'Invalid request data', details: listProblems(error) };
  return { status, body: JSON.stringify(body) };
}

/** The supervisor's errors: `{detail}`. */
export function formatDetailError(error: ParleyError): FormattedError {
  const detail = error.code === 'INTERNAL' ? error.entry.summary : error.message;
  return { status: error.entry.http, body: JSON.stringify({ detail }) };
}

const internal: FormattedError = {
  status: 500,
  body: JSON.stringify({ error: 'InternalServerError', message: 'An unexpected error occurred' }),
};

/** `AGENT_NOT_FOUND` is `AgentNotFound`. */
function nameOf(code: string): string {
  return code.replace(/([A-Z])([A-Z]*)_?/g, (_all, first: string, rest: string) => first + rest.toLowerCase());
}

function listProblems({ message, details }: ParleyError): readonly ParProblem[] {
  const { problems } = details;
  return Array.isArray(problems) ? (problems as ParProblem[]) : [{ loc: ['body'], msg: message, type: 'value_error' }];
}
