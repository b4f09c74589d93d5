"""What takes up to half a minute, begun before the first test and looked at by the last ones."""
import os
import time

from people import Person, let_in


class Late:
    """A daemon with peers that try its patience."""

    def __init__(self, site):
        self.site = site
        let_in(site)
        site.database()
        site.make()
        site.configure(daemon="socket_group = games" if os.geteuid() == 0 else "")
        site.start()
        self.begun = time.monotonic()
        self.silent, self.half = site.connect(), site.connect()
        self.half.send(b'{"jsonrpc":"2.0","id":1,"method":"scan"')
        self.spoke = site.connect()  # may be silent for as long as it likes
        self.spoke.call("ping")
        self.unread = site.connect()  # asks on and on, and reads nothing
        self.unread.socket.setblocking(False)
        for _ in range(1000):
            try:
                self.unread.send(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 1000)
            except BlockingIOError:
                site.call("ping")
        if os.geteuid() != 0:
            return
        member = Person("nobody", "games")
        site.wait_log("^<6>stored db=parts.db ")  # the first one, that nobody asked for
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('first')")
        first = member.call(site, "backup")
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        (waiting,) = member.connect(site)
        self.member_ids = [waiting.post("backup") for _ in range(30)]
        self.member_backup = first, waiting
