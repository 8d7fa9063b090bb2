export function mount(server) {
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  return (request, response) => response.end(`root ${request.url}`);
}

export async function createListener() {
  return (request, response) => response.end(`a2a ${request.url}`);
}

export function mountThatFails() {
  throw new Error('no routes today');
}

export const createNumber = () => 7;
