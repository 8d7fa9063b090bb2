import { readFile } from 'node:fs/promises';

/**
 * The users whose sockets are at the other end of a loopback connection, as the kernel knows them; empty when it does not say
 * (Linux does). `peer`: the caller's address and port; `port`: ours.
 */
export async function readPeerUsers(
  peer: string,
  port: number,
  folder: string = '/proc/net',
): Promise<readonly number[]> {
  const peerPort = Number(/:(\d+)$/.exec(peer)?.[1]);
  if (!Number.isInteger(peerPort)) return [];
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`${folder}/${name}`, 'latin1').catch(() => '')),
  );
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
