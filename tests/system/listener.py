"""What would be Slack, ntfy or healthchecks, for alerts."""
import http.server
import json
import queue
import threading

from conftest import LIMIT


class Listener:
    """Says 200, or what it is told to say."""

    def __init__(self):
        self.heard, self.answer = queue.Queue(), 200
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                answer = listener.answer  # as it was when this was heard
                listener.heard.put((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.heard.get(timeout=LIMIT)

    def alert(self):
        """The next alert as (event, condition)."""
        said = json.loads(self.next()[1])
        return said["event"], said["condition"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
