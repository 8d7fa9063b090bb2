const answer = JSON.stringify({ text: 'hello, caller' });

/** Answers at once, and at `/socket` says where it listens. @param {import('node:http').Server} server */
export function mount(server) {
  return (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(request.url === '/socket' ? JSON.stringify(server.address()) : answer);
  };
}
