"""casmand.conf: what it accepts, what it refuses in which words, and what overrides it."""
import concurrent.futures
import pathlib

import pytest

from conftest import casmand

SHIPPED = pathlib.Path(__file__).parents[2] / "casmand.conf"
REST = "\n[database rest.db]\npath = /rest\n"


@pytest.fixture
def conf(tmp_path):
    """A file to try configurations in: conf(TEXT, VARIABLE=...) is `casmand --check` of it."""
    path = tmp_path / "casmand.conf"

    def check(text, **env):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return casmand("--check", "--config", path, env=env)

    check.path = path
    return check


def effective(done):
    """What is in force, as {section: {key: value}}."""
    assert (done.returncode, done.stderr) == (0, ""), done
    sections = {}
    for line in done.stdout.splitlines():
        if line.startswith("["):
            here = sections.setdefault(line[1:-1], {})
        elif line:
            key, value = line.split("=", 1)
            here[key.strip()] = value.strip()
    return sections


# --- what is right -------------------------------------------------------------------------------


def test_the_shipped_configuration_passes_and_is_what_holds_without_it(conf):
    done = casmand("--check", "--config", SHIPPED)
    sections = effective(done)
    assert sections["daemon"] == {"state_dir": "/var/lib/casmand", "socket": "/run/casmand/casmand.sock",
                                  "socket_group": "casman", "inbox": "/var/spool/casmand", "admin_group": "", "log_level": "info"}
    assert sections["sync"] == {"enabled": "true", "backend": "file", "keep_versions": "10", "keep_daily": "7",
                                "backup_on_scan_count": "10", "backup_on_hours": "24.0", "cache_ttl_seconds": "3600",
                                "auto_sync_on_start": "false"}
    assert sections["queue"] == {"max_bytes": "0"}
    assert sections["file"] == {"path": "/var/lib/casmand/store"}
    assert sections["database parts.db"] == {"path": "/var/lib/casman/parts.db", "count_table": "parts",
                                             "on_change": "backup", "scans_from": "auto"}
    assert sections["database assembled_casm.db"] == {
        "path": "/var/lib/casman/assembled_casm.db", "count_table": "assembly", "on_change": "mark",
        "scans_from": "auto"}
    assert list(sections) == ["daemon", "sync", "queue", "alert", "file", "proof", "database parts.db", "database assembled_casm.db"]
    # Each line that is commented out says what holds anyway.
    bare = "".join(line.removeprefix("#") if " = " in line else line for line in SHIPPED.read_text().splitlines(True))
    assert conf(bare).stdout == done.stdout


def test_what_check_prints_is_a_configuration_that_means_the_same(conf):
    text = """\
[daemon]
  state_dir = /a b/c ; with a comment
log_level=debug
admin_group = staff
[sync]
enabled = No
backup_on_hours = 0.25
keep_daily: 0
[file]
path = /s\u00fc\u00df/store#1
[database x-1_2.db]
path = /x
count_table = "odd" table
[database y]
path = /y
on_change = ignore
scans_from = commits
[sync]
backup_on_scan_count = 0
"""
    first = conf(text)
    sections = effective(first)
    assert sections["daemon"]["state_dir"] == "/a b/c" and sections["sync"]["enabled"] == "false"
    assert sections["sync"]["backup_on_hours"] == "0.25" and sections["sync"]["keep_daily"] == "0"
    assert sections["file"]["path"] == "/s\u00fc\u00df/store#1" and sections["database y"]["scans_from"] == "commits"
    assert conf(first.stdout).stdout == first.stdout


def test_check_touches_nothing(site):
    site.database()
    site.configure()
    done = casmand("--check", "--config", site.config)
    assert done.returncode == 0
    assert sorted(path.name for path in site.folder.iterdir()) == ["casmand.conf", "databases"]


# --- what is wrong -------------------------------------------------------------------------------

MISTAKES = [  # text, then what each line of the answer begins with and holds ({} is the file's name)
    ("hello" + REST, ["{}:1: ", "neither [section] nor key = value"]),
    ("[sync\nenabled = no" + REST, ["{}:1: ", "[name], with both brackets"]),
    ("[sync] enabled = no" + REST, ["{}:1: ", "keys stand on lines of their own"]),
    ("[sync]\n= no" + REST, ["{}:2: ", "no key before the ="]),
    ("enabled = no" + REST, ["{}:1: key enabled ", "before the first [section]"]),
    ("\n\n[sync]\nenabled = no ; " + "x" * 200 + REST, ["{}:4: ", "more than 199 bytes", "KEY_file = PATH"]),
    ("[" + "s" * 50 + "]" + REST, ["{}:1: ", "more than 49 bytes"]),
    ("[database " + "d" * 41 + "]\npath = /x", ["{}:1: ", "more than 49 bytes"]),
    (b"[sync]\nenabled = \0no" + REST.encode(), ["{}:2: ", "control character"]),
    (b"# Gr\xfc\xdfe" + REST.encode(), ["{}:1: ", "no UTF-8"]),
    ("[snyc]" + REST, ["{}:1: [snyc]: no such section; did you mean [sync]?"]),
    ("[cloud]" + REST, ["{}:1: [cloud]: no such section; known: [daemon], [sync], [queue], [alert], [file], [r2], [s3], [quota], [maintain], [proof], [database NAME]"]),
    ("[sync]\nkeep_version = 3" + REST, ["{}:2: [sync] keep_version: no such key; did you mean keep_versions?"]),
    ("[daemon]\nbackend = file" + REST, ["{}:2: [daemon] backend: no such key; it is a key of [sync]"]),
    ("[sync]\nenabled = on\nenabled = on" + REST, ["{}:3: [sync] enabled: given before", "line 2"]),
    ("[file]\npath = /x\npath_file = /y" + REST, ["{}:3: [file] path_file: given before", "line 2"]),
    ("[sync]\nenabled = maybe" + REST, ['{}:2: [sync] enabled: "maybe" ', "true or false"]),
    ("[sync]\nenabled =" + REST, ['{}:2: [sync] enabled: "" ', "true or false"]),
    ("[sync]\nbackend = ftp" + REST, ['{}:2: [sync] backend: "ftp" is none of disabled, file']),
    ("[sync]\nbackend = ftp" + REST, ['{}:2: [sync] backend: "ftp" is none of disabled, file, r2, s3']),
    ("[sync]\nkeep_versions = 0" + REST, ['{}:2: [sync] keep_versions: "0" ', "from 1 to 10000"]),
    ("[sync]\nkeep_daily = -1" + REST, ['{}:2: [sync] keep_daily: "-1" ', "from 0 to 3660"]),
    ("[sync]\nbackup_on_scan_count = ten" + REST, ['{}:2: [sync] backup_on_scan_count: "ten" ', "whole number"]),
    ("[sync]\ncache_ttl_seconds = 1.5" + REST, ['{}:2: [sync] cache_ttl_seconds: "1.5" ', "whole number"]),
    ("[sync]\nkeep_versions = 18446744073709551617" + REST, ["{}:2: [sync] keep_versions: ", "from 1 to 10000"]),
    ("[sync]\nbackup_on_hours = 24h" + REST, ['{}:2: [sync] backup_on_hours: "24h" ', "from 0 to 8784"]),
    ("[sync]\nbackup_on_hours = inf" + REST, ['{}:2: [sync] backup_on_hours: "inf" ', "from 0 to 8784"]),
    ("[daemon]\nlog_level = verbose" + REST, ['{}:2: [daemon] log_level: "verbose" is none of error, warning, info']),
    ("[daemon]\nsocket = casmand.sock" + REST, ["{}:2: [daemon] socket: ", "not an absolute path"]),
    ("[daemon]\nsocket = /" + "s" * 107 + REST, ["{}:2: [daemon] socket: ", "at most 107"]),
    ("[daemon]\nstate_dir = ~/casmand" + REST, ["{}:2: [daemon] state_dir: ", "not an absolute path"]),
    ("[daemon]\nsocket_group = " + "g" * 33 + REST, ["{}:2: [daemon] socket_group: ", "at most 32"]),
    ('[file]\npath = "/store"' + REST, ["{}:2: [file] path: ", "begins with /, without quotes"]),
    ("[file]\npath = ${UNSET}/x" + REST, ["{}:2: [file] path: ${UNSET} is not set", "credential", "environment"]),
    ("[file]\npath = /${" + REST, ["{}:2: [file] path: a variable is written ${NAME}"]),
    ("[file]\npath_file = /no/such" + REST, ["{}:2: [file] path_file: ", "/no/such", "No such file"]),
    ("[file]\npath_file = /etc" + REST, ["{}:2: [file] path_file: ", "/etc"]),
    ("[file]\npath_file = store" + REST, ["{}:2: [file] path_file: ", "begins with /"]),
    ("[database ../x]\npath = /x", ["{}:1: [database ../x]: a name has 1 to 40 letters"]),
    ("[database .x]\npath = /x", ["{}:1: [database .x]: a name has 1 to 40 letters", "no dot first"]),
    ("[database a b]\npath = /x", ["{}:1: [database a b]: a name has 1 to 40 letters"]),
    ("[database]\npath = /x", ["{}:1: [database]: no such section; did you mean [database NAME]?"]),
    ("[database x.db]", ["{}: [database x.db] path is missing"]),
    ("[database x.db]\npath = x.db", ["{}:2: [database x.db] path: ", "not an absolute path"]),
    ("[database x.db]\npath = /x\non_change = panic", ["{}:3: [database x.db] on_change: ", "backup, mark, ignore"]),
    ("[database x.db]\npath = /x\nscans_from = tape", ["{}:3: [database x.db] scans_from: ", "auto, socket, commits"]),
    ("[database a]\npath = /x\n[database b]\npath = /x", ["{}:4: [database b] path: [database a] has the same file"]),
    ("", ["{}: there is no database to protect", "[database parts.db]"]),
]


def test_each_mistake_is_told_with_file_line_key_and_mend(tmp_path):
    def one(number):
        text, words = MISTAKES[number]
        path = tmp_path / f"{number}.conf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return words, path, casmand("--check", "--config", path)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (begin, *more), path, done in pool.map(one, range(len(MISTAKES))):
            assert (done.returncode, done.stdout) == (1, ""), done
            said = [line for line in done.stderr.splitlines() if line.startswith(begin.replace("{}", str(path), 1))]
            assert said and all(word in said[0] for word in more), (begin, more, done.stderr)
            # Nothing but mistakes, and no others than those that follow from this one.
            assert all(line.startswith(str(path)) for line in done.stderr.splitlines()), done.stderr
            assert len(done.stderr.splitlines()) <= 2, done.stderr


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(conf):
    done = conf("[sync]\nenabled = x\nkeep = 3\n[daemon]\nlog_level = x\n[database a]\n")
    places = [line.removeprefix(str(conf.path)).split(" ")[0] for line in done.stderr.splitlines()]
    assert places == [":2:", ":3:", ":5:", ":"]


def test_a_daemon_does_not_start_with_a_mistake_and_leaves_no_trace(site):
    site.database()
    site.configure(sync="keep_versions = many")
    done = casmand("--config", site.config)
    line = site.config.read_text().splitlines().index("keep_versions = many") + 1
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f'{site.config}:{line}: [sync] keep_versions: "many" is not a whole number from 1 to '
                           "10000\n")
    assert sorted(path.name for path in site.folder.iterdir()) == ["casmand.conf", "databases"]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for path, words in ((tmp_path / "none.conf", "No such file or directory"), (tmp_path, ""),
                        ("/dev/null/x", "Not a directory")):
        done = casmand("--check", "--config", path)
        assert (done.returncode, done.stdout) == (1, "") and str(path) in done.stderr and words in done.stderr, done
        assert len(done.stderr.splitlines()) == 1
    endless = tmp_path / "endless.conf"
    with endless.open("wb") as file:
        file.truncate(1 << 30)
    done = casmand("--check", "--config", endless)
    assert done.returncode == 1 and str(endless) in done.stderr and len(done.stderr.splitlines()) == 1


# --- from elsewhere ------------------------------------------------------------------------------

BOTH = "[database parts.db]\npath = /p\n[database assembled_casm.db]\npath = /a\n"


def test_the_python_clients_variables_override_the_file(conf):
    for env, section, key, value in (
        ({"CASMAN_SYNC_ENABLED": "false"}, "sync", "enabled", "false"),
        ({"CASMAN_SYNC_ENABLED": "True"}, "sync", "enabled", "true"),
        ({"CASMAN_SYNC_BACKEND": "disabled"}, "sync", "backend", "disabled"),
        ({"CASMAN_DATABASE_DIR": "/dir"}, "database parts.db", "path", "/dir/parts.db"),
        ({"CASMAN_DATABASE_DIR": "/dir/"}, "database assembled_casm.db", "path", "/dir/assembled_casm.db"),
        ({"CASMAN_PARTS_DB": "/else/p"}, "database parts.db", "path", "/else/p"),
        ({"CASMAN_ASSEMBLED_DB": "/else/a"}, "database assembled_casm.db", "path", "/else/a"),
        ({"CASMAN_DATABASE_DIR": "/dir", "CASMAN_PARTS_DB": "/else/p"}, "database parts.db", "path", "/else/p"),
        ({"CASMAN_SYNC_ENABLED": ""}, "sync", "enabled", "true"),
    ):
        assert effective(conf(BOTH + "[sync]\nenabled = yes\nbackend = file\n", **env))[section][key] == value, env


def test_a_variable_that_overrides_wrongly_is_told_by_its_name(conf):
    for env, words in (
        ({"CASMAN_SYNC_ENABLED": "perhaps"}, 'CASMAN_SYNC_ENABLED: "perhaps" is not true or false'),
        ({"CASMAN_SYNC_BACKEND": "r3"}, 'CASMAN_SYNC_BACKEND: "r3" is none of disabled, file'),
        ({"CASMAN_DATABASE_DIR": "dir"}, 'CASMAN_DATABASE_DIR: "dir/parts.db" is not an absolute path'),
        ({"CASMAN_PARTS_DB": "p"}, 'CASMAN_PARTS_DB: "p" is not an absolute path'),
        ({"CASMAN_ASSEMBLED_DB": "/p"}, "CASMAN_ASSEMBLED_DB: [database parts.db] has the same file"),
    ):
        done = conf(BOTH, **env)
        assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith(words), done
    done = conf("[database mine.db]\npath = /m\n", CASMAN_PARTS_DB="/p")
    assert done.returncode == 0 and done.stderr == "CASMAN_PARTS_DB is set, but there is no [database parts.db]\n"


def test_variables_stand_for_the_environment_or_else_a_credential(conf, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "PLACE").write_text("/from/credential\nsecond line\n")
    (tmp_path / "value").write_text("  /from/a/file" + "/long" * 100 + "  \nsecond line\n")
    text = "[file]\npath = ${PLACE}/store" + REST
    assert effective(conf(text, PLACE="/from/environment"))["file"]["path"] == "/from/environment/store"
    both = {"PLACE": "/from/environment", "CREDENTIALS_DIRECTORY": str(credentials)}
    assert effective(conf(text, **both))["file"]["path"] == "/from/credential/store"
    assert effective(conf("[file]\npath = ${A}/${B}x" + REST, A="/a", B="b"))["file"]["path"] == "/a/bx"
    done = conf(f"[file]\npath_file = {tmp_path}/value" + REST)
    assert effective(done)["file"]["path"] == "/from/a/file" + "/long" * 100
    done = conf("[file]\npath = ${../value}" + REST, CREDENTIALS_DIRECTORY=str(credentials))
    assert done.returncode == 1 and "a variable is written ${NAME}" in done.stderr
    # Not asked for in a section that is not in use.
    done = conf("[sync]\nbackend = disabled\n[file]\npath = ${UNSET}" + REST)
    assert "file" not in effective(done)


def test_the_daemon_obeys_environment_and_credentials(site):
    site.database("parts.db", path="${BASE}/parts.db")
    site.configure()
    site.config.write_text(site.config.read_text().replace(f"path = {site.folder}/store", "path = ${PLACE}"))
    (site.folder / "credentials").mkdir()
    (site.folder / "credentials" / "PLACE").write_text(f"{site.folder}/store\n")
    site.make("assembled_casm.db")
    site.start(env={"CREDENTIALS_DIRECTORY": str(site.folder / "credentials"), "BASE": "/nowhere",
                    "CASMAN_PARTS_DB": str(site.path("assembled_casm.db"))})
    assert site.call("backup")["versions"][0]["state"] == "stored"
    assert site.status("parts.db")["path"] == str(site.path("assembled_casm.db"))
    assert len(site.keys("parts.db")) == 1
