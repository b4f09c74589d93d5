"""casmanctl on a terminal, compared with what was saved in screens/, in UTF-8 and in C.

SCREENS=save writes them anew: look at what git diff says then.
"""
import os
import pathlib
import re

import pytest

from terminal import Terminal, need_tmux, steady

SAVED = pathlib.Path(__file__).with_name("screens")
LOCALES = {"utf8": "C.UTF-8", "ascii": "C"}

pytestmark = need_tmux


@pytest.fixture
def terminal(site):
    it = Terminal(site)
    yield it
    it.close()


def compare(terminal, name, locale, text):
    assert max(len(line) for line in text.splitlines()) <= 80
    text = steady(terminal.site, text)
    assert locale != "ascii" or text.isascii()
    file = SAVED / f"{name}.{locale}"
    if os.environ.get("SCREENS") == "save":
        SAVED.mkdir(exist_ok=True)
        file.write_text(text)
    assert text.splitlines() == file.read_text().splitlines(), file.name


def shows(terminal, **commands):
    """Each command, in each locale, looks as it was saved."""
    for name, command in commands.items():
        for locale, value in LOCALES.items():
            compare(terminal, name, locale, terminal.begin(command, value).wait())


def up(site, *names):
    """Databases whose contents are the same each time, and one version of each, stored one by one."""
    tables = {"parts.db": "parts", "assembled_casm.db": "assembly"}
    for name, table in tables.items():
        site.database(name, table)
    for name in names:
        site.make(name, tables[name])
    site.start()
    for name in names:
        site.ctl("backup", name, "--operation", "Generated 3 ANTENNA P1 parts")


def test_screens_when_all_is_well(site, terminal):
    up(site, "parts.db", "assembled_casm.db")
    site.ctl("scan", "assembled_casm.db", "--count", "3")
    shows(terminal, status="casmanctl", list="casmanctl list", table="casmanctl list --table", queue="casmanctl queue",
          history="casmanctl history", unchanged="casmanctl backup")
    shows(terminal, none="casmanctl list --machine nobody", help_list="casmanctl list --help",
          usage="casmanctl lits", unknown="casmanctl backup paths.db", scan_refused="casmanctl scan paths.db")


def test_screens_of_a_restore_and_a_backup(site, terminal):
    up(site, "parts.db")
    for locale, value in LOCALES.items():
        terminal.begin("casmanctl restore parts.db latest", value)
        compare(terminal, "restore_question", locale, terminal.wait("[y/N]"))
        terminal.type("n", "Enter")
        compare(terminal, "restore_refused", locale, terminal.wait())
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        compare(terminal, "backup", locale, terminal.begin("casmanctl backup --parts", value).wait())


def test_screens_when_the_store_is_away(site, terminal):
    up(site, "parts.db")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    site.store.rename(site.folder / "away")
    site.ctl("backup", "--parts", check=False)
    shows(terminal, offline_status="casmanctl status", offline_queue="casmanctl queue",
          offline_backup="casmanctl backup --parts", offline_list="casmanctl list --table")


def test_screens_when_something_is_wrong(site, terminal):
    up(site, "parts.db")
    site.path("assembled_casm.db").write_text("<html>" * 1000)
    site.wait_log(r"^<4>database db=assembled_casm\.db error=")
    shows(terminal, wrong_status="casmanctl status")
    site.stop()
    shows(terminal, no_daemon="casmanctl", no_daemon_json="casmanctl list --json")


def test_screens_on_the_first_day(site, terminal):
    up(site)
    shows(terminal, first_status="casmanctl", first_list="casmanctl list", first_backup="casmanctl backup")


def test_screen_of_the_doctor(site, terminal):
    """What it says of this machine's user, clock and disks is left out: it is true, and not ours."""
    up(site, "parts.db")
    for locale, value in LOCALES.items():
        text = terminal.begin("casmanctl doctor", value).wait()
        findings = re.split(r"^(?=\S)", text, flags=re.M)
        ours = [f for f in findings if not re.match(r"\S+ +(user|clock|state|store|socket group): ", f)]
        compare(terminal, "doctor", locale, re.sub(r"^\d+ .*to look at$", "N to look at", "".join(ours), flags=re.M))


def test_an_interrupt_leaves_casmand_to_go_on(site, terminal):
    up(site, "parts.db")
    site.store.rename(site.folder / "away")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    terminal.begin("casmanctl scan parts.db --wait stored").wait("captured, on its way to the store")
    terminal.type("C-c").wait("casmanctl: left alone, casmand goes on with it: see casmanctl status")
    assert site.call("status")["queue"]["length"] == 1
