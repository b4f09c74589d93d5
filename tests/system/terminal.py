"""A terminal of 80 columns and 24 lines: tmux, as a person would sit before it."""
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest

from conftest import CASMANCTL, LIMIT
from words import AGE, TIME

need_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux: apt-get install tmux")
END = "[exit "  # stands below what a command wrote, with its status


class Terminal:
    """One pane, in which one command after the other is run in an environment of its own."""

    def __init__(self, site):
        self.site = site
        self.name = site.folder / "tmux"
        self.tmux("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", "cat", ";",
                  "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "history-limit", "1000")

    def tmux(self, *words):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "screen"}
        return subprocess.run(["tmux", "-u", "-S", self.name, *words], env=environment, check=True, text=True,
                              capture_output=True, timeout=LIMIT).stdout

    def begin(self, command, locale="C.UTF-8", **env):
        """A shell command; `casmanctl` in it is ours."""
        env = {"PATH": f"{CASMANCTL.parent}:{os.environ['PATH']}", "LC_ALL": locale, "TERM": "screen", "TZ": "UTC",
               "CASMAND_SOCKET": self.site.socket, **env}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        words = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), "sh", "-c",
                 f"stty -echo; {command}; echo '{END}'$?]; exec cat"]
        self.tmux("respawn-pane", "-k", shlex.join(words), ";", "clear-history")
        return self

    def type(self, *keys):
        self.tmux("send-keys", "--", *keys)
        return self

    def wait(self, word=END):
        """What stands there once `word` does, with what has scrolled away."""
        until = time.monotonic() + LIMIT
        while True:
            text = self.tmux("capture-pane", "-p", "-S", "-")
            if word in text:
                return "".join(line.rstrip() + "\n" for line in text.rstrip().split("\n"))
            assert time.monotonic() < until, text + self.site.logged()
            time.sleep(0.02)

    def close(self):
        self.tmux("kill-server")


def steady(site, text):
    """A screen without what differs each time.  What stays is as wide as what was there, where columns
    stand behind it; lines that are folded here or there, as an age has one digit or two, are folded once
    for all.  Site's store lies on its databases' own disk, of which casmand tells when it has seen it."""
    for pattern, word in (
        (r"\nAlerts:\n(  .*\n)+", ""), (r"^  (⚠|!!) the store lies on .*\n(    .*\n)*", ""),
        (r"waits\s+for\s+the\s+store$", "waits for the store"),
        (rf"\b({AGE}|in \d+ (s|min|h|d))\b", "AGE"), (TIME, "2026-11-20 14:30:22 UTC"),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b", "2026-11-20 14:30:22"), (r"\b\d{8}_\d{6}_", "20261120_143022_"),
        (r"\b[0-9a-f]{12}\.\.\.", "0123456789ab..."), (r"\b[0-9a-f]{32}\b", "0" * 32),
        (re.escape(site.folder.name), "casmand-test-xxxxxxxx"), (r"of at most \S+ \S+", "of at most ROOM"),
        (r"\S+ \S+ free$", "ROOM free"), (r"pid \d+", "pid PID"),
    ):
        text = re.sub(pattern, word, text, flags=re.M)
    return text
