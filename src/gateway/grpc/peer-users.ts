import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** Who is at the other end of the connections to one server. */
export interface PeerUsers {
  /** From here until it closes the connection is known. */
  add(socket: Socket): void;
  /**
   * The users who hold the caller's end, as the kernel knows them; empty when it does not say (Linux does), or there is no such
   * connection. Asked once for each connection.
   */
  find(peer: string): Promise<readonly number[]>;
}

/** Knows no connection yet. `folder`: where the kernel lists its sockets. */
export function createPeerUsers(folder: string = '/proc/net'): PeerUsers {
  const ports = new Map<string, number>();
  const asked = new Map<string, Promise<readonly number[]>>();
  return {
    add(socket) {
      const { remoteAddress, remotePort, localPort } = socket;
      if (remotePort === undefined || localPort === undefined) return;
      const peer = `${remoteAddress}:${remotePort}`;
      ports.set(peer, localPort);
      socket.once('close', () => {
        ports.delete(peer);
        asked.delete(peer);
      });
    },
    find(peer) {
      const port = ports.get(peer);
      if (port === undefined) return Promise.resolve([]);
      const known = asked.get(peer) ?? readUsers(folder, peer, port);
      asked.set(peer, known);
      return known;
    },
  };
}

async function readUsers(folder: string, peer: string, port: number): Promise<readonly number[]> {
  const peerPort = Number(/:(\d+)$/.exec(peer)?.[1]);
  const names = ['tcp', 'tcp6'];
  const tables = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'latin1').catch(() => '')));
  return tables.flatMap((table) => table.split('\n').flatMap((line) => readUser(line, peerPort, port)));
}

/** `sl local_address rem_address st queues timer retransmits uid …`; addresses are hexadecimal, with the port behind a colon. */
function readUser(line: string, localPort: number, remotePort: number): readonly number[] {
  const fields = line.trim().split(/\s+/);
  const matches = readPort(fields[1]) === localPort && readPort(fields[2]) === remotePort;
  // A connection that nobody holds any more is listed with user 0 and inode 0.
  return matches && fields[9] !== '0' ? [Number(fields[7])] : [];
}

function readPort(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16);
}
