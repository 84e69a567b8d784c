"""An auth endpoint: signs with the app secret as the application's server would, or misbehaves."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from peers.case import Log
from peers.soketi import APPS

MASTER_KEY = bytes(range(32))


def sign(text, app=APPS[0]):
    digest = hmac.new(app["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{app['key']}:{digest}"


class AuthServer:
    """`answers`: how the next requests are answered, one each: an HTTP status, or a function of the
    handler; when there are none left it grants. `certificate`: as of Soketi."""

    def __init__(self, master_key=MASTER_KEY, app=APPS[0], certificate=None):
        self.app = app
        self.log = Log("auth")
        self.answers = []
        self.requests = []  # (headers by name in lower case, parameters)
        self.master_key = master_key
        self.user = "alice"
        self.sends_channel_data = True  # False: a member is who signs in (PRES-01)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                owner.serve(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 512  # a crowd asks at once

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/pusher/auth?v=1"

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        if handler.headers["Content-Type"] == "application/json":
            params = json.loads(body)
        else:
            params = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        self.log.add(f"asked {body}")
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append((headers, params))
        handler.params = params
        answer = self.answers.pop(0) if self.answers else 200
        if callable(answer):
            answer(handler)
        elif 200 <= answer < 300:
            self.send(handler, answer, json.dumps(self.grant(params)))
        else:
            self.send(handler, answer, "no")

    def grant(self, params):
        if "channel_name" not in params:
            data = json.dumps({"id": self.user, "watchlist": ["bob"]})
            return {"auth": sign(f"{params['socket_id']}::user::{data}", self.app),
                    "user_data": data}
        signed = f"{params['socket_id']}:{params['channel_name']}"
        if params["channel_name"].startswith("presence-") and self.sends_channel_data:
            data = json.dumps({"user_id": self.user, "user_info": {"name": "Ä"}})
            return {"auth": sign(f"{signed}:{data}", self.app), "channel_data": data}
        grant = {"auth": sign(signed, self.app)}
        if params["channel_name"].startswith("private-encrypted-"):
            key = hashlib.sha256(params["channel_name"].encode() + self.master_key).digest()
            grant["shared_secret"] = base64.b64encode(key).decode()
        return grant

    def send(self, handler, status, body, **headers):
        self.log.add(f"answers {status}")
        data = body.encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            self.log.add("the client has left")

    # Ways to misbehave

    def body(self, text, status=200):
        return lambda handler: self.send(handler, status, text)

    def redirect(self):
        return lambda handler: self.send(handler, 302, "", Location=self.url)

    def wrong(self, **members):
        """A grant with some of its members exchanged."""
        return lambda handler: self.send(
            handler, 200, json.dumps(self.grant(handler.params) | members))

    def late(self, seconds):
        """A grant after that time."""
        def answer(handler):
            time.sleep(seconds)
            self.send(handler, 200, json.dumps(self.grant(handler.params)))
        return answer

    @staticmethod
    def hang_up(handler):
        handler.close_connection = True
        handler.connection.close()

    @staticmethod
    def silent(seconds):
        def answer(handler):
            time.sleep(seconds)
            handler.close_connection = True
        return answer

    def close(self):
        self.server.shutdown()
        self.server.server_close()
