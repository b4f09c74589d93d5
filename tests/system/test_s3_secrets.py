"""P10: what casmand must know to ask a store, nobody else learns from it."""
import contextlib
import pathlib

import pytest

import moods
import s3
from conftest import casmand
from trouble import give_to_nobody, needs_root

TOKEN = "canary-token-0123456789"
CANARIES = (s3.SECRET, TOKEN)


def everywhere(site):
    """Whatever somebody else may see of a daemon that runs."""
    process = pathlib.Path(f"/proc/{site.daemon.pid}")
    yield "log", "\n".join(site.log)
    yield "status", repr(site.call("status", refresh=True)) + site.ctl("status").stdout
    yield "list", repr(site.call("list")) + site.ctl("--json", "list", check=False).stdout
    checked = casmand("--config", site.config, "--check")
    assert checked.returncode == 0, checked
    yield "--check", checked.stdout + checked.stderr
    yield "argv", (process / "cmdline").read_text() + (process / "environ").read_text()
    for path in (site.folder / "state").rglob("*"):
        with contextlib.suppress(IsADirectoryError):
            yield path.name, path.read_bytes().decode("latin-1")
    for key in site.bucket.names():
        yield key, repr(site.object(key).head()) + site.object(key).read_bytes().decode("latin-1")


@pytest.mark.parametrize("mood", [
    moods.passing, moods.error(403, "SignatureDoesNotMatch"), moods.error(400, "InvalidToken"), moods.portal(),
    moods.hanging_up], ids=lambda mood: mood.__name__)
def test_p10_no_secret_is_in_logs_answers_arguments_or_files(cloud, unruly, radosgw, mood):
    site, proxy = cloud(radosgw), unruly(radosgw)
    (site.folder / "token").write_text(TOKEN)
    (site.folder / "token").chmod(0o600)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint, session_token_file=site.folder / "token")
    proxy.mood = mood
    site.start()
    site.call("backup")
    site.call("reload")
    assert proxy.requests[-1].headers["x-amz-security-token"] == TOKEN  # it has them, and uses them ...
    assert "x-amz-security-token" in proxy.requests[-1].headers["authorization"]
    for place, text in everywhere(site):  # ... and keeps them to itself
        for canary in CANARIES:
            assert canary not in text, place


@needs_root
def test_p10_neither_its_memory_nor_a_core_file_is_there_for_the_user_it_runs_as(cloud, radosgw):
    site = cloud(radosgw)
    site.database()
    site.make()
    site.configure()
    site.start(**give_to_nobody(site))
    process = pathlib.Path(f"/proc/{site.daemon.pid}")
    # A process that dumps no core belongs to root, whoever runs it.
    assert (process / "mem").stat().st_uid == 0
