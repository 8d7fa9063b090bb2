import type { Endpoint, PythonSessions } from '../../registry/index.ts';

/** One place where a deployment's gRPC services are reached. */
export interface DeploymentDoor {
  /** The same for the same place of the same deployment. */
  readonly key: string;
  readonly endpointId: string;
  /** Undefined when the package asks for none; always there on a Unix socket, which serves nothing else. */
  readonly python: PythonSessions | undefined;
  /** On a Unix socket the folder's mode says who may call. */
  readonly at: { readonly kind: 'tcp'; readonly port: number } | { readonly kind: 'unix'; readonly path: string };
}

/** Where the front door has to listen for these endpoints: their own ports, and the sockets of those with Python sessions. */
export function listDoors(endpoints: readonly Endpoint[]): readonly DeploymentDoor[] {
  return endpoints.flatMap(({ id: endpointId, surfaces }) => {
    if (surfaces === undefined) return [];
    const { ports, python } = surfaces;
    const path = python?.socketPath;
    const tcp = ports && createDoor({ endpointId, python, at: { kind: 'tcp', port: ports.grpc } });
    const unix = path === undefined ? undefined : createDoor({ endpointId, python, at: { kind: 'unix', path } });
    return [tcp, unix].filter((door) => door !== undefined);
  });
}

function createDoor(door: Omit<DeploymentDoor, 'key'>): DeploymentDoor {
  const { endpointId, at, python } = door;
  const place = at.kind === 'tcp' ? at.port : at.path;
  return { ...door, key: `${endpointId} ${at.kind} ${place} ${python === undefined ? '' : 'python'}` };
}
