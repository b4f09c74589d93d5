"""Who may come in, and who may do what: by the kernel's word, not the peer's."""
import datetime
import errno
import json
import os
import shutil
import stat

import pytest

from conftest import CASMAND, Failure
from people import Person, let_in, need_root

pytestmark = need_root

STRANGER = Person("nobody", "nogroup")
MEMBER = Person("nobody", "nogroup", "games")  # of the socket's group, as a supplementary one
ADMIN = Person("nobody", "nogroup", "games", "staff")
PRIMARY = {"member": Person("nobody", "games"), "admin": Person("nobody", "staff", "games")}

GROUPS = "socket_group = games\nadmin_group = {}"


@pytest.fixture
def shared(site):
    """A machine whose socket belongs to the group games; staff are its administrators."""
    let_in(site)
    site.database()
    site.configure(daemon=GROUPS.format("staff"))
    site.start()
    return site


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def refused_reload(site, person):
    with pytest.raises(Failure) as refusal:
        person.call(site, "reload")
    assert (refusal.value.code, refusal.value.data) == (-32000, {"name": "not_permitted", "database": None})
    return refusal.value.message


def test_p10_socket_state_and_spool_are_open_to_nobody_else(shared):
    assert (mode(shared.socket), shared.socket.group(), shared.socket.owner()) == (0o660, "games", "root")
    state = shared.folder / "state"
    assert (mode(state), mode(state / "spool")) == (0o700, 0o700)


def test_an_open_umask_opens_nothing(site):
    site.database()
    os.umask(0)
    try:
        site.start()
    finally:
        os.umask(0o022)
    assert (mode(site.socket), mode(site.folder / "state")) == (0o660, 0o700)
    assert mode(site.folder / "state" / "spool") == 0o700


def test_a_stranger_cannot_connect_and_is_told_how_to(shared):
    with pytest.raises(OSError) as refusal:
        STRANGER.connect(shared)
    assert refusal.value.errno == errno.EACCES
    for verb in ("ping", "scan", "backup", "status", "list", "reload"):
        done = STRANGER.ctl(shared, verb, check=False)
        assert (done.returncode, done.stdout) == (5, "")
        assert done.stderr == (f"casmanctl: nobody may not open {shared.socket}: Permission denied. Join its group, "
                               "then log in again: usermod -aG games nobody\n")
    done = STRANGER.ctl(shared, "--json", "scan", check=False)
    assert done.returncode == 5 and json.loads(done.stdout)["error"]["data"]["name"] == "not_permitted"
    assert shared.status()["scans"]["total"] == 0


@pytest.mark.parametrize("member", [MEMBER, PRIMARY["member"]], ids=["supplementary", "primary"])
def test_a_member_of_the_sockets_group_may_do_all_but_administer(shared, member):
    shared.make()
    assert member.call(shared, "ping")["pid"] == shared.daemon.pid
    assert member.call(shared, "scan", database="parts.db")["scan"] == 1
    assert member.call(shared, "backup")["versions"][0]["state"] == "stored"
    assert len(member.call(shared, "list")["versions"]) == 1
    assert member.call(shared, "status", refresh=True)["scans"]["total"] == 1
    assert member.ctl(shared, "scan", "parts.db").stdout.startswith("Counted: scan 2 ")
    message = refused_reload(shared, member)
    assert message == "not permitted: reload needs root or the group staff"
    done = member.ctl(shared, "reload", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", f"casmanctl: {message}\n")
    done = member.ctl(shared, "--json", "reload", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["message"], done.stderr) == (5, message, "")


def test_what_is_refused_is_not_done_either(shared):
    """Nor if nobody asks for an answer."""
    place = shared.here()
    shared.configure(daemon=GROUPS.format("staff"), sync="backup_on_scan_count = 3")
    (line,) = MEMBER.connect(shared)
    with line:
        line.send(b'{"jsonrpc":"2.0","method":"reload"}\n')
        assert line.end() == []
    refused_reload(shared, MEMBER)
    assert shared.status()["backup_on_scan_count"] == 10
    assert not [entry for entry in shared.log[place:] if "reload" in entry]
    shared.call("reload")
    shared.wait_log("^<6>reloaded ", since=place)
    assert shared.status()["backup_on_scan_count"] == 3


@pytest.mark.parametrize("admin", [ADMIN, PRIMARY["admin"], Person("root", "root")],
                         ids=["supplementary", "primary", "root"])
def test_root_and_the_admin_group_may_reload(shared, admin):
    assert admin.call(shared, "reload") == {"changed": False, "warnings": []}
    shared.wait_log("^<6>reloaded ")
    shared.configure(daemon=GROUPS.format("staff"), sync="backup_on_scan_count = 3")
    assert admin.ctl(shared, "reload").stdout == "✓ new configuration in force\n"
    shared.wait_log("^<6>reloaded ", 2)


def test_the_admin_group_follows_the_configuration(shared):
    for group, admins, others in (("games", [MEMBER, ADMIN], []), ("no-such-group", [], [ADMIN, MEMBER]),
                                  ("", [], [ADMIN, MEMBER]), ("root", [], [ADMIN])):
        place = shared.here()
        shared.configure(daemon=GROUPS.format(group))
        shared.call("reload")
        shared.wait_log("^<6>reloaded ", since=place)
        for person in others:
            message = refused_reload(shared, person)
            assert message == "not permitted: reload needs root" + (f" or the group {group}" if group else "")
        for person in admins:
            place = shared.here()
            person.call(shared, "reload")
            shared.wait_log("^<6>reloaded ", since=place)


def test_the_daemons_own_user_may_reload(site):
    """A casmand that needs no root: its user owns state, store and databases."""
    for folder in (site.folder, site.databases):
        shutil.chown(folder, "games", "games")
    site.folder.chmod(0o711)
    site.database()
    site.configure()
    site.start(prefix=("setpriv", "--reuid=games", "--regid=games", "--clear-groups"),
               program=shutil.copy(CASMAND, site.folder))  # from a place where that user may run it
    assert not [line for line in site.log if "needs no root" in line]
    assert Person("games", "games").call(site, "reload") == {"changed": False, "warnings": []}
    site.wait_log("^<6>reloaded ")
    assert refused_reload(site, PRIMARY["member"]) == "not permitted: reload needs root"


def test_a_socket_group_that_there_is_not_is_a_warning(site):
    site.database()
    site.configure(daemon="socket_group = no-such-group")
    site.start()
    site.wait_log('^<4>socket group unknown group=no-such-group ')
    assert (mode(site.socket), site.socket.group()) == (0o660, "root")


def test_a_member_may_have_64_connections_and_others_still_get_in(shared):
    lines = MEMBER.connect(shared, 65)
    replies = []
    for line in lines[:64]:
        assert line.call("ping")["pid"] == shared.daemon.pid
    replies = lines[64].end()
    assert [(r["id"], r["error"]["code"], r["error"]["data"]["name"], r["error"]["message"]) for r in replies] == [
        (None, -32000, "busy", "too many connections")]
    done = MEMBER.ctl(shared, "ping", check=False)
    assert (done.returncode, done.stderr) == (1, "casmanctl: too many connections\n")
    assert Person("games", "games").call(shared, "scan")["scan"] == 1  # somebody else
    assert shared.call("scan")["scan"] == 2
    lines.pop(0).close()
    assert shared.call("ping")
    assert MEMBER.call(shared, "scan")["scan"] == 3
    for line in lines:
        line.close()


def test_root_may_have_256_connections(shared):
    lines = [shared.connect() for _ in range(257)]
    for line in lines[:256]:
        line.call("ping")
    assert [r["error"]["message"] for r in lines[256].end()] == ["too many connections"]
    assert MEMBER.call(shared, "scan")["scan"] == 1
    for line in lines:
        line.close()


def moment(version):
    return datetime.datetime.fromisoformat(version["timestamp"])


def test_p8_backups_of_an_ordinary_user_come_at_most_every_10_seconds_and_none_is_lost(late):
    first, waiting = late.member_backup
    assert [v["state"] for v in first["versions"]] == ["stored"]
    with waiting:
        replies = waiting.end()
    results = {reply["id"]: reply["result"] for reply in replies if "id" in reply}
    assert sorted(results) == late.member_ids
    told = [reply["params"]["seconds"] for reply in replies if reply.get("params", {}).get("state") == "waiting"]
    assert len(told) == len(results) and all(0 < seconds <= 10 for seconds in told)
    (version,) = results[late.member_ids[0]]["versions"]
    assert version["state"] == "stored" and len(late.site.rows(version["key"])) == 5
    assert moment(version) - moment(first["versions"][0]) >= datetime.timedelta(seconds=8)  # of the asking: 10
    # It serves all that were asked for meanwhile: they do not push the next one further away.
    assert [result["versions"] for result in results.values()] == [[version]] * len(results)
    late.site.sql("parts.db", "INSERT INTO parts(part) VALUES('newer')")
    asked = datetime.datetime.now(datetime.timezone.utc)
    (third,) = Person("nobody", "games").call(late.site, "backup")["versions"]
    assert moment(third) - asked <= datetime.timedelta(seconds=11)


def test_backups_of_root_are_not_held_back(stored):
    for i in range(2):
        stored.sql("parts.db", f"INSERT INTO parts(part) VALUES('new {i}')")
        asked = datetime.datetime.now(datetime.timezone.utc)
        (version,) = stored.call("backup")["versions"]
        assert moment(version) - asked < datetime.timedelta(seconds=3)
