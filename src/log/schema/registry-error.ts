import { type ErrorCode, ParleyError } from '../../base/index.ts';

/** Confluent's own numbers of what went wrong; the small ones are statuses. */
export type RegistryErrorCode =
  | 404
  | 409
  | 422
  | 40401
  | 40402
  | 40403
  | 40404
  | 40405
  | 40406
  | 40407
  | 40408
  | 40409
  | 42201
  | 42202
  | 42203
  | 42204
  | 42205;

/** What each is in our catalogue. */
const codes: Readonly<Record<RegistryErrorCode, ErrorCode>> = {
  404: 'NOT_FOUND',
  409: 'SCHEMA_INCOMPATIBLE',
  422: 'INVALID_PARAMS',
  40401: 'NOT_FOUND',
  40402: 'NOT_FOUND',
  40403: 'NOT_FOUND',
  40404: 'NOT_FOUND',
  40405: 'CONFLICT',
  40406: 'NOT_FOUND',
  40407: 'CONFLICT',
  40408: 'NOT_FOUND',
  40409: 'NOT_FOUND',
  42201: 'SCHEMA_INVALID',
  42202: 'INVALID_PARAMS',
  42203: 'INVALID_PARAMS',
  42204: 'INVALID_PARAMS',
  42205: 'CONFLICT',
};

/** A refusal as a registry says it; `details.errorCode` is what its REST API answers. */
export function registryError(
  errorCode: RegistryErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): ParleyError {
  return new ParleyError(codes[errorCode], message, { details: { ...details, errorCode } });
}

/** What an answer's number, or else its status, is in our catalogue; undefined for one that is not known. */
export function codeOfRegistryError(errorCode: unknown): ErrorCode | undefined {
  return Object.hasOwn(codes, String(errorCode)) ? codes[errorCode as RegistryErrorCode] : undefined;
}
