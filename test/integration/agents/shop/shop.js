import { createHash, createHmac } from 'node:crypto';

export function price() {
  return { euros: 7 };
}

/** Called once with the worker's HTTP server; what it returns answers requests. */
export function mount(server) {
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    const head = ['upgrade: websocket', 'connection: Upgrade', `sec-websocket-accept: ${accept.digest('base64')}`];
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head.join('\r\n')}\r\n\r\n`);
    // One text frame, "hello".
    socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
    socket.on('data', () => socket.end());
  });
  return answer;
}

function answer(request, response) {
  if (request.url === '/api/whoami') response.end(readCaller(request.headers['x-parley-caller']));
  else if (request.url === '/api/pid') response.end(String(process.pid));
  else if (request.url === '/api/hang') response.write('hanging');
  else response.writeHead(404).end();
}

/** The caller's id, when this deployment's own credential says that the node signed it. */
function readCaller(token) {
  const [head, claims, mac] = token.split('.');
  const expected = createHmac('sha256', process.env.PARLEY_TOKEN).update(`${head}.${claims}`).digest('base64url');
  const { aud, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return mac === expected && aud === process.env.PARLEY_DEPLOYMENT_ID ? sub : 'nobody';
}
