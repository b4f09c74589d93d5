"""What casmanctl says and how it exits, for tests of both."""
import json
import re

DONE, FAILED, USAGE, NO_DAEMON, OFFLINE = range(5)
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
AGE = r"now|\d+ (s|min|h|d) ago"


def same(site, text):
    """A text without what differs each time."""
    for pattern, word in (
        (re.escape(str(site.folder)), "HERE"), (rf"\(({AGE})\)", "(AGE)"), (rf"reached ({AGE})", "reached AGE"),
        (rf"oldest ({AGE})", "oldest AGE"), (r"\d{8}_\d{6}_", "KEY_"), (TIME, "TIME"),
        (r"[0-9a-f]{12}\.\.\.", "CHECKSUM..."),
        (r"\nAlerts:\n  ✗ neighbour, began [^\n]*\n", ""),  # it may have begun already, or be about to
    ):
        text = re.sub(pattern, word, text)
    return text


def as_json(done, status=DONE):
    """The one line that --json prints, and nothing beside it."""
    assert (done.returncode, done.stderr) == (status, ""), done
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)
