export type { AddressPolicy } from './address-policy.ts';
export type { ResolvedAddress, ResolveHost } from './guarded-connector.ts';
export { createHttpClient, type HttpClientOptions } from './http-client.ts';
export type { HttpClient, HttpRequest, HttpResponse } from './port.ts';
