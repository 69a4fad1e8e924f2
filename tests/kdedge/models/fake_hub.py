"""A hub on this machine's loopback, as far as huggingface_hub asks, and what may go wrong with it."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPO = "org/coder-GGUF"
COMMIT = "c0" * 20


@dataclass(kw_only=True)
class FakeHub:
    """Its files and its faults; change them at any time."""

    files: dict[str, bytes] = field(default_factory=dict)
    in_git: set[str] = field(default_factory=set)
    """Files that are kept in git itself, without a sha256."""
    sent: dict[str, bytes] = field(default_factory=dict)
    """What is sent instead of a file."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the next answers end, each once."""
    stall_after: int | None = None
    """Nothing more is sent after so many bytes, until ``go_on``."""
    go_on: threading.Event = field(default_factory=threading.Event)
    takes_ranges: bool = True
    error: tuple[int, dict[str, str]] | None = None
    """Status and headers of every answer."""
    file_error: tuple[int, dict[str, str]] | None = None
    """Status and headers of every answer with a file."""
    page: bytes | None = None
    """What is sent instead of the list of files."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of each request."""
    address: str = ""

    def etag(self, name: str) -> str:
        content = self.files[name]
        if name in self.in_git:
            return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return hashlib.sha256(content).hexdigest()

    def listing(self) -> dict[str, Any]:
        return {
            "id": REPO,
            "sha": COMMIT,
            "siblings": [self._sibling(name) for name in self.files],
        }

    def ranges(self) -> list[str | None]:
        """Return the ranges that were asked for, in order."""
        return [
            headers.get("range")
            for method, path, headers in self.asked
            if method == "GET" and "/cdn/" in path
        ]

    def _sibling(self, name: str) -> dict[str, Any]:
        sha1 = self.etag(name) if name in self.in_git else "ab" * 20
        told: dict[str, Any] = {
            "rfilename": name,
            "size": len(self.files[name]),
            "blobId": sha1,
        }
        if name not in self.in_git:
            told["lfs"] = {
                "sha256": self.etag(name),
                "size": len(self.files[name]),
                "pointerSize": 130,
            }
        return told


@contextmanager
def running(hub: FakeHub) -> Iterator[FakeHub]:  # noqa: C901 - one class inside
    """Serve ``hub`` on a free port; ``hub.address`` is what HF_ENDPOINT has to be."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            hub.asked.append((self.command, self.path, headers))
            if hub.error is not None:
                self._send(hub.error[0], b"", hub.error[1])
            elif path == f"/api/models/{REPO}":
                body = json.dumps(hub.listing()).encode() if hub.page is None else hub.page
                self._send(200, body, {"Content-Type": "application/json"})
            elif path.startswith(f"/{REPO}/resolve/{COMMIT}/"):
                self._resolve(path.partition(f"/{COMMIT}/")[2])
            elif path.startswith("/cdn/"):
                self._file(path.removeprefix("/cdn/"), headers.get("range"))
            else:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

        def _resolve(self, name: str) -> None:
            if hub.file_error is not None:
                self._send(hub.file_error[0], b"", hub.file_error[1])
            elif name in hub.files:
                self._send(302, b"", {"Location": f"{hub.address}/cdn/{name}"})
            else:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound"})

        def _file(self, name: str, wanted: str | None) -> None:
            content = hub.sent.get(name, hub.files[name])
            found = re.fullmatch(r"bytes=(\d+)-", wanted or "")
            start = int(found[1]) if found and hub.takes_ranges else 0
            self.send_response(206 if start else 200)
            if start:
                told = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", told)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if self.command == "HEAD":
                return
            end = len(content)
            if hub.cuts:
                end = min(end, start + hub.cuts.pop(0))
                self.close_connection = True
            if hub.stall_after is not None:
                self.wfile.write(content[start : hub.stall_after])
                self.wfile.flush()
                hub.go_on.wait()
                return
            self.wfile.write(content[start:end])

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
