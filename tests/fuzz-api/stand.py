"""Where the fuzzed server stands: an origin with one picture, the server itself, and what is in it from the start.

Everything answers on the loopback interface alone. Nothing here knows the fuzzer.
"""

import base64
import http.server
import json
import os
import pathlib
import socketserver
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zlib

PATIENCE = 60


def png(width=64, height=48, shade=120):
    """A picture of one colour, made here."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = b"\0" + bytes([shade, 90, 200]) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(row * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class Origin(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Has one picture, at `/picture.png`; whatever else it is asked for is missing."""

    daemon_threads = True

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            there = self.path.split("?")[0] == "/picture.png"
            body = png() if there else b""
            self.send_response(200 if there else 404)
            self.send_header("Content-Type", "image/png" if there else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Server:
    """`wareroom serve` on a free port, until the block that it is used in ends."""

    def __init__(self, binary, folder):
        self.log = pathlib.Path(folder, "server.log")
        # Addresses that nobody answers at are given up soon, so that what is fuzzed is not all pending.
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(pathlib.Path(folder, "data"))]
        command += ["--image-source-allow", "127.0.0.1/32", "--back-off", "50ms", "--download-timeout", "5s"]
        # What refusing does when the disk of whoever runs this is full is tested elsewhere.
        command += ["--min-free-space", "1MB", "--log-format", "json"]
        # No settings but these.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WAREROOM_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.url = wait("the server to listen", self.address)

    def address(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{self.log.read_text()}")
        for line in self.log.read_text().splitlines():
            if '"message":"serving"' in line:
                return json.loads(line)["url"]
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Api:
    """The few requests that seeding takes."""

    def __init__(self, url, origin):
        self.url, self.origin = url, origin

    def ask(self, method, path, body=None):
        """Answers the body; a status of 400 or more is an error."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def seed(self):
        """Leaves a little of everything there, and answers the user whose it is."""
        user = self.user()
        product, image = self.failed_image(user)
        self.upload(self.product(user)["id"])
        print(f"seeded: user {user}, failed image {image} of product {product}", end=", ")
        print(f"dead letter {self.letter(user)}, rendition {self.media_key(user)}", flush=True)
        return user

    def user(self):
        person = {"first_name": "Ada", "last_name": "Fuzz"}
        return self.ask("POST", "/users", person)["data"]["id"]

    def product(self, user, urls=()):
        product = {"user_id": user, "product_name": "Kettle", "product_price": 18.99, "product_images": list(urls)}
        return self.ask("POST", "/products", product)["data"]

    def upload(self, product):
        content = base64.b64encode(png()).decode()
        return self.ask("POST", f"/products/{product}/images", {"base64": content})["added"][0]

    def settled(self, product):
        """The product once no image of it is under way."""

        def look():
            found = self.ask("GET", f"/products/{product}?wait=5")["data"]
            summary = found["images_summary"]
            return None if summary["pending"] or summary["processing"] else found

        return wait(f"the images of product {product}", look)

    def failed_image(self, user):
        """A product and its image, which failed for good: its origin does not have it."""
        product = self.settled(self.product(user, [f"{self.origin}/missing"])["id"])
        return product["id"], product["images"][0]["id"]

    def letter(self, user):
        """A dead letter."""
        product, _ = self.failed_image(user)
        return self.ask("GET", f"/dead-letters?product_id={product}")["data"][0]["id"]

    def media_key(self, user):
        """The name of a rendition."""
        product = self.settled(self.product(user, [f"{self.origin}/picture.png"])["id"])
        return product["compressed_product_images"][0].rsplit("/", 1)[1]


def wait(what, look):
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise RuntimeError(f"waited {PATIENCE} s for {what}")
