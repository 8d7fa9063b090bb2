import { isObject, type JsonObject, type ParleyError } from '../../base/index.ts';
import { formatRestError } from '../../protocol/index.ts';
import { loadProtoJson } from './proto-json.ts';

/** What goes beyond this is left out of a header; the status and its message say enough. */
const maxBytes = 4_096;
const typePrefix = 'type.googleapis.com/';

/**
 * The error as google.rpc.Status for the trailer `grpc-status-details-bin`: ErrorInfo, and where they apply BadRequest and
 * RetryInfo, as HTTP+JSON has them. Undefined when it is too large for a header.
 */
export function encodeStatusDetails(error: ParleyError, code: number): Buffer | undefined {
  const { error: body } = formatRestError(error).body;
  if (!isObject(body) || !Array.isArray(body['details'])) return undefined;
  const details = body['details'].filter(isDetail).map(packAny);
  const message = String(body['message']).slice(0, maxBytes / 4);
  const status = loadProtoJson('google/rpc/status.proto', 'google.rpc.Status').encode({ code, message, details });
  return status.length > maxBytes ? undefined : status;
}

type Detail = JsonObject & { readonly '@type': string };

function isDetail(value: unknown): value is Detail {
  return isObject(value) && typeof value['@type'] === 'string';
}

function packAny({ '@type': typeUrl, ...content }: Detail): JsonObject {
  const type = loadProtoJson('google/rpc/error_details.proto', typeUrl.slice(typePrefix.length));
  return { typeUrl, value: type.encode(content).toString('base64') };
}
