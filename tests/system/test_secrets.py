"""P10: a canary for a key, one for its secret and one for its token, looked for wherever something can be seen."""
import http.server
import pathlib
import threading

import pytest

from conftest import Failure, casmand
from trouble import give_to_nobody, needs_root

CANARIES = {"access_key_id": "AKCANARYKEY01", "secret_access_key": "canarySecret/02+A=", "session_token": "canaryToken03=="}

CONFIG = """\
[daemon]
state_dir = {folder}/state
socket = {folder}/casmand.sock
socket_group =
log_level = debug
[sync]
backend = s3
[s3]
endpoint = http://127.0.0.1:{port}
{keys}
[database parts.db]
path = {folder}/databases/parts.db
"""

ANSWER = """\
<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message>
<AWSAccessKeyId>{key}</AWSAccessKeyId><Token-0>{token}</Token-0><CanonicalRequest>{all}</CanonicalRequest></Error>"""


class Tactless(http.server.BaseHTTPRequestHandler):
    """A store that refuses everything and repeats what it was sent, as S3 and Swift do."""

    def answer(self):
        self.server.seen += str(self.headers)
        body = ANSWER.format(key=CANARIES["access_key_id"], token=self.headers["x-amz-security-token"],
                             all=str(self.headers)).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def tactless():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tactless)
    server.seen = ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def by_variables(site):
    return "", {f"AWS_{name.upper()}": canary for name, canary in CANARIES.items()}


def by_configuration(site):
    return "\n".join(f"{name} = {canary}" for name, canary in CANARIES.items()), {}


def by_files(site):
    for name, canary in CANARIES.items():
        (site.folder / name).write_text(canary + "\n")
    return "\n".join(f"{name}_file = {site.folder / name}" for name in CANARIES), {}


def by_aws(site):
    file = site.folder / "home" / ".aws" / "credentials"
    file.parent.mkdir(parents=True)
    file.write_text("[default]\n" + "".join(f"aws_{name} = {canary}\n" for name, canary in CANARIES.items()))
    return "", {"HOME": str(site.folder / "home")}


def found_in(where):
    text = where if isinstance(where, bytes) else where.encode()
    return [name for name, canary in CANARIES.items() if canary.encode() in text]


@needs_root
@pytest.mark.parametrize("source", [by_variables, by_configuration, by_files, by_aws])
def test_p10_no_key_secret_or_token_is_seen_anywhere(site, tactless, source):
    keys, env = source(site)
    site.configure(text=CONFIG.format(folder=site.folder, port=tactless.server_port, keys=keys))
    site.config.chmod(0o600)
    site.make()
    checked = casmand("--check", "--config", site.config, env=env)
    assert checked.returncode == 0 and "secret_access_key = ******" in checked.stdout
    site.start(env=env, **give_to_nobody(site))
    site.wait_log("^<4>store not reached ")
    answer = site.call("backup")
    assert "secret_access_key" in answer["store_error"]  # the name of the key that is wrong
    shown = [checked.stdout, checked.stderr]
    for args in (("status", "--refresh"), ("list",), ("backup",), ("ping",), ("reload",)):
        for form in ((), ("--json",)):
            done = site.ctl(*form, *args, check=False, env=env if args == ("status", "--refresh") else None)
            shown += [done.stdout, done.stderr]
    with pytest.raises(Failure) as failure:
        site.call("scan", database=CANARIES["access_key_id"][:3])
    shown.append(failure.value.message)

    process = pathlib.Path(f"/proc/{site.daemon.pid}")
    assert found_in((process / "cmdline").read_bytes()) == []
    assert (process / "environ").stat().st_uid == 0  # not dumpable: no core file, and only root reads its memory
    assert not any(task.joinpath("children").read_text() for task in (process / "task").iterdir())
    for file in (site.folder / "state").rglob("*"):
        assert file.is_dir() or found_in(file.read_bytes()) == [], file
    assert site.stop() == 0
    assert found_in("\n".join(shown)) == [] and found_in("\n".join(site.log)) == []
    # It did use them, and as one should: the secret itself never leaves the machine.
    assert sorted(found_in(tactless.seen)) == ["access_key_id", "session_token"]
