"""The Tab key: what bash and zsh are offered, with the names that casmand knows now."""
import pathlib
import shutil
import subprocess
import time

import pytest

from conftest import CASMANCTL, LIMIT
from terminal import Terminal, need_tmux
from trouble import frozen

SCRIPTS = pathlib.Path(__file__).parents[2] / "client" / "completion"
need_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh: apt-get install zsh")

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_casmanctl "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(site, *words, socket=None):
    """By bash's script, in bash; the last word is the one that is being typed."""
    env = {"PATH": "/usr/bin:/bin", "CASMAND_SOCKET": str(socket or site.socket), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", SCRIPTS / "casmanctl.bash", CASMANCTL, *words],
                          env=env, text=True, capture_output=True, timeout=LIMIT)
    assert done.stderr == "", done
    return done.stdout.split()


def test_bash_is_offered_verbs_options_and_live_names(stored):
    assert offered(stored, "re") == ["restore", "reload"]
    assert offered(stored, "--socket", "/x", "--js") == ["--json"]
    assert offered(stored, "list", "--ma") == ["--machine"]
    assert offered(stored, "list", "--db", "") == ["parts.db", "assembled_casm.db"]
    assert offered(stored, "list", "--db", "=", "as") == ["assembled_casm.db"]
    assert offered(stored, "scan", "--wait", "") == ["counted", "captured", "stored"]
    (key,) = stored.keys("parts.db")
    assert offered(stored, "restore", "backups/pa") == [key]
    assert set(offered(stored, "restore", "")) == {"parts.db", "assembled_casm.db", key, *stored.keys("assembled_casm.db")}
    assert offered(stored, "restore", "parts.db", "") == ["latest"]
    assert offered(stored, "ping", "") == offered(stored, "scan", "parts.db", "") == []


def test_where_casmand_is_down_or_hangs_the_tab_key_is_silent(stored):
    assert offered(stored, "list", "--db", "", socket="/nowhere") == []
    with frozen(stored):
        begun = time.monotonic()
        assert offered(stored, "restore", "") == []
        assert time.monotonic() - begun < LIMIT / 2
    assert offered(stored, "sta", socket="/nowhere") == ["status"]


@need_tmux
@need_zsh
def test_zsh_is_offered_the_same(stored):
    terminal = Terminal(stored)
    try:
        terminal.begin("zsh -f", PS1="ready> ", HOME=str(stored.folder))
        terminal.wait("ready>")
        terminal.type(f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D; PS1='set> '", "Enter").wait("\nset>")
        terminal.type("casmanctl li", "Tab").wait("casmanctl list")
        terminal.type("--db ass", "Tab").wait("--db assembled_casm.db")
        terminal.type("--lim", "Tab").wait("--limit")
    finally:
        terminal.close()
