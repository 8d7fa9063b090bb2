import { connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect as connectSocket } from 'node:net';

/** The least that a gRPC router to a Unix socket can be on node:http2: headers, messages and trailers as they are. */
const [socketPath = ''] = process.argv.slice(2);
const upstream = connect('http://localhost', { createConnection: () => connectSocket(socketPath) });

const server = createServer({ settings: { maxConcurrentStreams: 256 } });
server.on('stream', (down, headers) => {
  const up = upstream.request(headers);
  let trailers: IncomingHttpHeaders = {};
  up.on('response', (answered) => down.respond(answered, { waitForTrailers: true }));
  up.on('trailers', (given) => {
    trailers = given;
  });
  down.on('wantTrailers', () => down.sendTrailers(trailers));
  down.on('error', () => up.close());
  up.on('error', () => down.close());
  down.pipe(up);
  up.pipe(down);
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
