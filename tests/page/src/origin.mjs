// A server of somebody else's pictures, which does what it is told: holds an answer back, or is out of order.
import { once } from "node:events";
import { createServer } from "node:http";
import { picture } from "./picture.mjs";

/** Starts it. `release` has held answers go, `mend` has it work again. */
export async function startOrigin() {
  const bytes = picture(640, 480);
  const held = [];
  let [released, broken] = [false, true];
  const send = (response) => response.writeHead(200, { "Content-Type": "image/png" }).end(bytes);
  const server = createServer((request, response) => {
    if (request.url === "/held.png" && !released) held.push(response);
    else if (request.url === "/broken.png" && broken) response.writeHead(503).end();
    else send(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    release: () => {
      released = true;
      held.forEach(send);
    },
    mend: () => { broken = false; },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
