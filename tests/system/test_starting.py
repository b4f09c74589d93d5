"""How casmand starts, and whom it does not push aside."""
import shutil
import signal
import socket
import sqlite3

import pytest

from conftest import LIMIT, Site, casmand


def rival(site, old, new):
    """Another casmand, with the configuration changed so; it has to give up.  Its words."""
    other = site.folder / "rival.conf"
    other.write_text(site.config.read_text().replace(old, new))
    socket_before, state_before = site.socket.stat(), sorted(p.name for p in (site.folder / "state").rglob("*"))
    done = casmand("--config", other)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = [entry for entry in done.stderr.splitlines() if entry.startswith("<3>")]
    assert "<6>" not in done.stderr  # neither started, nor asked the store who it is
    # The first one did not notice.
    assert site.socket.stat().st_ino == socket_before.st_ino
    assert sorted(p.name for p in (site.folder / "state").rglob("*")) == state_before
    assert site.call("scan", database="parts.db")["state"] == "counted"
    return line


def test_a_second_daemon_on_the_same_state_folder_names_the_first_ones_pid(up):
    line = rival(up, "casmand.sock", "other.sock")
    assert line == (f'<3>casmand error="state folder: another casmand (pid {up.daemon.pid}) works on '
                    f'{up.folder}/state"')
    assert not (up.folder / "other.sock").exists()


def test_a_second_daemon_on_the_same_state_folder_by_another_name_does_not_start_either(up):
    (up.folder / "link").symlink_to(up.folder / "state")
    line = rival(up, f"{up.folder}/state\nsocket = {up.folder}/casmand.sock",
                 f"{up.folder}/link/../state/.\nsocket = {up.folder}/other.sock")
    assert f"(pid {up.daemon.pid})" in line


def test_a_second_daemon_on_the_same_socket_does_not_start(up):
    line = rival(up, f"{up.folder}/state", f"{up.folder}/other")
    assert line == f'<3>casmand error="another casmand answers at {up.socket}"'


def test_the_same_configuration_twice_does_not_start_twice(up):
    assert f"(pid {up.daemon.pid})" in rival(up, "", "")


def test_two_daemons_that_share_nothing_live_side_by_side(up):
    (up.folder / "other").mkdir()
    other = Site(up.folder / "other")
    other.database()
    other.start()
    try:
        assert up.call("ping")["pid"] == up.daemon.pid
        assert other.call("ping")["pid"] == other.daemon.pid
        assert up.call("ping")["machine"] != other.call("ping")["machine"]
    finally:
        assert other.stop() == 0


def test_a_socket_that_nobody_listens_at_is_replaced(site):
    site.database()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(site.socket))
    assert site.socket.exists()
    site.start()
    assert site.call("ping")["pid"] == site.daemon.pid
    assert site.stop() == 0 and not site.socket.exists()


def test_p1_a_daemon_that_was_killed_leaves_nothing_that_stops_the_next(up):
    assert up.call("scan")["scan"] == 1
    up.stop(signal.SIGKILL)
    assert up.socket.exists() and (up.folder / "state" / "casmand.lock").exists()
    up.start()
    assert up.call("scan")["scan"] == 2


@pytest.mark.parametrize("kind", ["file", "folder", "link to nowhere"])
def test_what_is_no_socket_is_left_alone(site, kind):
    site.database()
    site.configure()
    {"file": lambda: site.socket.write_text("precious"), "folder": site.socket.mkdir,
     "link to nowhere": lambda: site.socket.symlink_to("precious")}[kind]()
    done = casmand("--config", site.config)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f'<3>casmand error="{site.socket} is in the way: it is no socket"'
    assert kind != "file" or site.socket.read_text() == "precious"
    assert kind != "folder" or site.socket.is_dir()
    assert kind != "link to nowhere" or site.socket.is_symlink()


def test_a_socket_whose_folder_is_missing_is_told(site):
    site.database()
    site.configure()
    site.config.write_text(site.config.read_text().replace("casmand.sock", "missing/casmand.sock"))
    done = casmand("--config", site.config)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f'<3>casmand error="make the socket {site.folder}/missing/casmand.sock: No such file or directory')


def test_a_state_folder_that_cannot_be_made_is_told(site):
    site.database()
    site.configure()
    (site.folder / "state").write_text("a file")
    done = casmand("--config", site.config)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith('<3>casmand error="state folder: ')
    assert not site.socket.exists()


def test_a_state_that_is_no_database_is_told_and_left_alone(up):
    up.stop()
    state = up.folder / "state" / "state.db"
    for name in ("state.db-wal", "state.db-shm"):
        (up.folder / "state" / name).unlink(missing_ok=True)
    state.write_bytes(b"not a database at all, but something precious" * 100)
    done = casmand("--config", up.config)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith('<3>casmand error="state folder: ')
    assert state.read_bytes().startswith(b"not a database")


def test_a_state_of_a_newer_casmand_is_left_alone(up):
    up.stop()
    with sqlite3.connect(up.folder / "state" / "state.db") as db:
        db.execute("PRAGMA user_version=999")
    db.close()
    done = casmand("--config", up.config)
    assert done.returncode == 1 and "newer casmand" in done.stderr.splitlines()[-1], done.stderr


def test_words_that_casmand_does_not_know_are_wrong_usage():
    for args in (["--chekc"], ["start"], ["--config"], ["-x"], ["--check", "extra"], ["--config", "/x", "y"]):
        done = casmand(*args)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert done.stderr.endswith("Try: casmand --help\n"), done.stderr


def test_help_and_version_go_to_the_standard_output():
    done = casmand("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for option in ("--config", "--check", "--version", "--help"):
        assert option in done.stdout
    done = casmand("--version")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("casmand ")


def test_a_stop_answers_who_waits_and_takes_the_socket_away(stored):
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    shutil.move(stored.store, stored.folder / "away")
    with stored.connect() as line:
        line.call("scan")
        line.post("backup")
        stored.call("ping")
        stored.daemon.terminate()
        answer = line.end()[-1]
    assert stored.daemon.wait(LIMIT) == 0
    assert "result" in answer or answer["error"]["data"]["name"] == "busy"
    assert not stored.socket.exists()
    stored.wait_log("^<6>stopped ")
