"""Takes what a collector sends: mail by aiosmtpd, everything else by HTTP. Every message is a JSON line in OUT.

receiver.py smtp PORT MODE CERTIFICATE KEY OUT      MODE: starttls | implicit
receiver.py http PORT OUT
"""

import http.server
import json
import ssl
import sys
import threading


def keep(out, line):
    with open(out, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def smtp(port, mode, certificate, key, out):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            tls = session.ssl is not None or mode == "implicit"
            keep(out, {
                "tls": tls,
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "mail": envelope.content.decode(),
            })
            return "250 kept"

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    class Secured(Controller):
        def factory(self):
            if mode == "starttls":
                return SMTP(self.handler, tls_context=context, require_starttls=True)
            return SMTP(self.handler)

    controller = Secured(
        Handler(),
        hostname="127.0.0.1",
        port=int(port),
        ssl_context=context if mode == "implicit" else None,
    )
    controller.start()
    print("ready", flush=True)
    threading.Event().wait()


def web(port, out):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            keep(out, {"path": self.path, "headers": headers, "body": body})
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    {"smtp": smtp, "http": web}[sys.argv[1]](*sys.argv[2:])
