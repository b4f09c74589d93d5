"""Alerts: told once when they begin and once when they are over, through restarts and dead networks."""
import json
import stat
import subprocess
import time

import pytest

from conftest import LIMIT
from listener import Listener
from trouble import needs_root


@pytest.fixture
def listener():
    it = Listener()
    yield it
    it.close()


@pytest.fixture
def watched(site, mount_store):
    """A machine with one database, whose store lies on another disk: nothing is wrong with it."""
    site.database()
    site.make()
    return site


@pytest.fixture
def mount_store(site):
    """The store lies elsewhere, so that there is no `neighbour`."""
    site.store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "casmand-test", site.store], check=True)
    yield
    subprocess.run(["umount", "-l", site.store], check=True)


def configure(site, **alert):
    site.configure(sync="", text=None)
    text = site.config.read_text()
    lines = "".join(f"{key} = {value}\n" for key, value in alert.items())
    site.config.write_text(f"{text}\n[alert]\n{lines}")
    site.config.chmod(0o600)  # its URLs are secrets


def empty(site):
    site.sql("parts.db", "DELETE FROM parts")
    site.call("backup")


def fill(site):
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('again'), ('and again')")
    site.call("backup")


pytestmark = needs_root


def test_p11_a_webhook_hears_each_alert_once_and_its_end_once(watched, listener):
    configure(watched, webhook_url=f"{listener.url}/hook")
    watched.start()
    watched.call("backup")
    empty(watched)  # all records are gone: suspect
    path, body, headers = listener.next()
    said = json.loads(body)
    assert (path, headers["content-type"]) == ("/hook", "application/json")
    assert (said["event"], said["condition"], said["database"]) == ("begin", "suspect", "parts.db")
    assert said["words"] in said["text"] and "all 3 records of parts are gone" in said["text"]
    assert said["machine"] == watched.status()["machine"] and said["at"].endswith("Z")
    watched.restart()  # tells nothing twice
    fill(watched)
    assert listener.alert() == ("clear", "suspect")
    watched.restart()
    empty(watched)
    assert listener.alert() == ("begin", "suspect")
    assert listener.heard.empty()


def test_the_command_hears_it_in_its_environment_and_as_json(watched):
    folder = watched.folder
    script = folder / "script"
    script.write_text("cd $1; cat >>json; echo >>json; env >env\n"
                      "echo \"$CASMAND_EVENT $CASMAND_CONDITION $CASMAND_DATABASE\" >>words\n")
    configure(watched, command=f"sh {script} {folder}")
    watched.start()
    watched.call("backup")
    empty(watched)
    watched.wait_log("^<4>alert condition=suspect db=parts.db")
    fill(watched)
    watched.wait_log("^<6>alert over condition=suspect db=parts.db")
    watched.stop()
    watched.start()  # what did not go out before the end goes out now
    wait_for(lambda: (folder / "words").exists() and len((folder / "words").read_text().splitlines()) == 2)
    assert (folder / "words").read_text() == "begin suspect parts.db\nclear suspect parts.db\n"
    first, second = [json.loads(line) for line in (folder / "json").read_text().splitlines()]
    assert (first["event"], second["event"]) == ("begin", "clear") and first["number"] < second["number"]
    names = {line.split("=")[0] for line in (folder / "env").read_text().splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH"} | {
        f"CASMAND_{name}" for name in ("TEXT", "EVENT", "CONDITION", "DATABASE", "WORDS", "AT", "HOST", "MACHINE",
                                       "NUMBER")}


def wait_for(condition):
    """For what another process does to a file."""
    until = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_could_not_be_delivered_goes_out_after_a_restart(watched, listener):
    configure(watched, webhook_url=f"{listener.url}/hook")
    listener.answer = 500
    watched.start()
    watched.call("backup")
    empty(watched)
    assert listener.alert() == ("begin", "suspect")
    watched.wait_log('^<4>alert not delivered by=webhook_url condition=suspect error="it answered 500"')
    fill(watched)
    watched.wait_log("^<6>alert over ")
    watched.stop(9)
    listener.answer = 200
    watched.start()
    assert [listener.alert(), listener.alert()] == [("begin", "suspect"), ("clear", "suspect")]
    watched.restart()
    empty(watched)
    assert listener.alert() == ("begin", "suspect")


def test_p10_the_urls_are_secrets(watched, listener):
    url = f"{listener.url}/token-4711"
    listener.answer = 404
    configure(watched, webhook_url=url, heartbeat_url=url)
    watched.start()
    watched.call("backup")
    empty(watched)
    watched.wait_log("^<4>alert not delivered ")
    seen = "\n".join(watched.log) + watched.ctl("status").stdout + watched.ctl("doctor", check=False).stdout
    assert "4711" not in seen
    watched.config.chmod(0o644)
    done = watched.ctl("reload", check=False)
    assert done.returncode == 1 and "4711" not in done.stderr and stat.S_IMODE(watched.config.stat().st_mode) == 0o644
    assert "holds a secret" in done.stderr


def test_the_heart_beats_only_while_all_is_well(watched, listener):
    configure(watched, heartbeat_url=f"{listener.url}/ping")
    watched.start()
    assert listener.next()[0] == "/ping"
    watched.call("backup")
    empty(watched)
    watched.wait_log("^<4>alert condition=suspect ")
    watched.restart()  # it would beat at a start
    fill(watched)
    watched.wait_log("^<6>alert over condition=suspect ")
    assert listener.next()[0] == "/ping"
    assert listener.heard.empty()


def test_scans_that_wait_too_long_for_the_store_are_an_alert(watched, listener):
    configure(watched, webhook_url=f"{listener.url}/hook", after=0.0003)  # a second
    watched.start()
    watched.call("backup")
    watched.store.joinpath(".casmand-store").rename(watched.store / "away")
    watched.call("scan", database="parts.db")
    fill(watched)
    assert {listener.alert(), listener.alert()} == {("begin", "unprotected"), ("begin", "no_version")}
    watched.store.joinpath("away").rename(watched.store / ".casmand-store")
    watched.call("backup")
    assert {listener.alert(), listener.alert()} == {("clear", "unprotected"), ("clear", "no_version")}
    assert listener.heard.empty()


def test_a_store_on_the_databases_own_disk_is_an_alert(site, listener):
    site.database()
    site.make()
    configure(site, webhook_url=f"{listener.url}/hook")
    site.start()
    assert listener.alert() == ("begin", "neighbour")
    for again in (site.restart, lambda: site.ctl("reload")):  # where it lies is not known at once
        place = site.here()
        again()
        site.wait_log("^<4>store warning=", since=place)
        site.call("backup")
        assert not [line for line in site.log[place:] if ">alert" in line]
    assert listener.heard.empty()


def test_a_reload_changes_who_hears_of_it(watched, listener):
    watched.start()
    watched.call("backup")
    empty(watched)
    watched.wait_log("^<4>alert condition=suspect ")
    configure(watched, webhook_url=f"{listener.url}/hook")
    watched.ctl("reload")
    fill(watched)
    assert listener.alert() == ("clear", "suspect")  # its begin was before anybody wanted to hear


def test_a_command_that_hangs_holds_up_no_end(watched):
    configure(watched, command="touch started; sleep 1000".replace("started", str(watched.folder / "started")))
    watched.start()
    watched.call("backup")
    empty(watched)
    wait_for(lambda: (watched.folder / "started").exists())
    assert watched.stop() == 0
