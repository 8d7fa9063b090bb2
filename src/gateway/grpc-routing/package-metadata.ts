import { mayReachPackage } from '../surfaces/request-headers.ts';

/** What a package's own service is told beside the caller's metadata. */
export interface MetadataFacts {
  /** `/service/method`. */
  readonly path: string;
  /** The signed word on who calls. */
  readonly callerToken: string;
  readonly correlationId: string;
  /** The place of this call in its chain, when an agent makes it. */
  readonly callToken: string | undefined;
  /** What the worker is told; undefined: the time has no end. */
  readonly grpcTimeout: string | undefined;
}

/**
 * A call's headers as the worker gets them, names and values in turn: metadata as it came, `-bin` included, but no credentials
 * and nothing by which only the node speaks; and with what the node says.
 */
export function createPackageMetadata(rawHeaders: readonly string[], facts: MetadataFacts): readonly string[] {
  const passed = [':method', 'POST', ':scheme', 'http', ':path', facts.path, ':authority', 'localhost'];
  passed.push('te', 'trailers', 'x-parley-caller', facts.callerToken, 'x-request-id', facts.correlationId);
  if (facts.callToken !== undefined) passed.push('parley-call-token', facts.callToken);
  const isTimed = facts.grpcTimeout !== undefined;
  if (isTimed) passed.push('grpc-timeout', facts.grpcTimeout);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    if (name[0] !== ':' && !(isTimed && name === 'grpc-timeout') && mayReachPackage(name)) passed.push(name, value);
  }
  return passed;
}
