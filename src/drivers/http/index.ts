export type { AddressPolicy } from './address-policy.ts';
export { type AddressGuard, createAddressGuard } from './address-policy.ts';
export type { HttpClientTls, ResolvedAddress, ResolveHost } from './guarded-connector.ts';
export { createHttpClient } from './http-client.ts';
export type { HttpClientOptions } from './http-client-options.ts';
export type { HttpClient, HttpRequest, HttpResponse } from './port.ts';
export { createSocketClient } from './socket-client.ts';
export type { SocketClient } from './socket-port.ts';
export { createSocketSessions, type SocketSessions } from './socket-sessions.ts';
