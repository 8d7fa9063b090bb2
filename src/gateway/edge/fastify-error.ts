import { ParleyError } from '../../base/index.ts';

/** What the HTTP server or the router refuses, in our words; `bodyBytes` is the limit that a body may have broken. */
export function translateFastifyError(thrown: unknown, bodyBytes: number): ParleyError {
  if (thrown instanceof ParleyError || !(thrown instanceof Error)) return ParleyError.from(thrown);
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return tooLarge(bodyBytes, thrown);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ParleyError('CONTENT_TYPE_NOT_SUPPORTED', 'The Content-Type header is not valid.', { cause: thrown });
    default:
      return typeof statusCode === 'number' && statusCode < 500
        ? new ParleyError('INVALID_REQUEST', 'The request is not valid HTTP for this route.', { cause: thrown })
        : ParleyError.from(thrown);
  }
}

function tooLarge(bodyBytes: number, cause: Error): ParleyError {
  const message = `The body is over the limit of ${bodyBytes} bytes. Send large content by URL, or raise the setting limits.bodyBytes.`;
  return new ParleyError('PAYLOAD_TOO_LARGE', message, { cause, details: { limit: bodyBytes } });
}
