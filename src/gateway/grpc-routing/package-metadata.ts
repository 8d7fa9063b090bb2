import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
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

const none: ReadonlySet<string> = new Set();

/**
 * A call's headers as the worker gets them: metadata as it came, `-bin` included, but no credentials and nothing by which only
 * the node speaks; and with what the node says.
 */
export function createPackageMetadata(headers: IncomingHttpHeaders, facts: MetadataFacts): OutgoingHttpHeaders {
  const passed: OutgoingHttpHeaders = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': facts.path,
    ':authority': 'localhost',
    te: 'trailers',
  };
  for (const name in headers) {
    if (name[0] !== ':' && mayReachPackage(name, none)) passed[name] = headers[name];
  }
  passed['x-parley-caller'] = facts.callerToken;
  passed['x-request-id'] = facts.correlationId;
  if (facts.callToken !== undefined) passed['parley-call-token'] = facts.callToken;
  if (facts.grpcTimeout !== undefined) passed['grpc-timeout'] = facts.grpcTimeout;
  return passed;
}
