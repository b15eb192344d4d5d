"""Serves the gallery to a browser under the product's own strict policy, with no database."""

import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.template import engines
from django.test import RequestFactory

from tercet.kit import gallery
from tercet.kit.show import show

STATIC = Path(gallery.__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PANEL = """
{{ parts.panel_head(title=deal.name, url=url, kind="Deal", back="/", next="/quay/deals/2") }}
{{ parts.facts(items=[("Company", deal.company), ("Amount", deal.minor|money("EUR"))]) }}
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/static/"):
            self._file(address.path.removeprefix("/static/"))
        elif address.path == "/quay/palette":
            words = parse_qs(address.query).get("q", [""])[0]
            self._answer(f'<section><h2>Found</h2><a href="/x"><span>{words}</span></a></section>')
        elif address.path.startswith("/quay/deals/"):
            page = engines["jinja2"].env.from_string(PANEL)
            self._answer(page.render(deal=gallery.DEALS[0], url=address.path))
        elif address.path == "/quay/broken":
            self._answer("broken", status=500)
        else:
            known = ("Cookie", "HX-Request", "HX-Request-Type")
            asked = {name: self.headers[name] for name in known if self.headers[name]}
            part = "rows" if address.query else None
            request = RequestFactory().get(self.path, headers=asked)
            answer = show(request, "kit/gallery.html", gallery.context(), part=part)
            self._answer(answer.content.decode())

    def _file(self, name: str) -> None:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._answer((STATIC / name).read_bytes(), kind=kind)

    def _answer(
        self, body: str | bytes, status: int = 200, kind: str = "text/html; charset=utf-8"
    ) -> None:
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Request-Id", "a1b2c3")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """A test's output is no access log."""


@contextmanager
def serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
