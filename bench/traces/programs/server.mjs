// A small server and its clients, for a trace: it reads a file, makes JSON of it, compresses that, and answers; on several threads,
// as Node does it.
import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { gzip } from 'node:zlib';

const server = createServer(async (request, response) => {
  const text = await readFile(new URL(import.meta.url), 'utf8');
  const body = JSON.stringify({ url: request.url, text: text.repeat(1 + (Number(request.url.slice(1)) % 8)) });
  gzip(body, (_, packed) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = path =>
    new Promise((resolve, reject) =>
      get({ host: '127.0.0.1', port, path }, answer => answer.resume().on('end', resolve)).on('error', reject),
    );
  for (let i = 0; i < 4000; i += 16) await Promise.all(Array.from({ length: 16 }, (_, k) => ask(`/${i + k}`)));
  server.close();
});
