"""P10: casmand-setup hands exported credentials over to the service: whole, to root alone, and unseen."""
import os
import pathlib
import subprocess

import pytest

SETUP = pathlib.Path(__file__).parents[2] / "systemd" / "setup.sh"
SECRET = "wJalr/XUtn+FEMI=K7MD $HOME `id` \" # &"


@pytest.fixture
def hand_over(tmp_path):
    """Runs one function of casmand-setup, as nobody special and below a folder of its own."""
    functions = SETUP.read_text().removesuffix('main "$@"\n')
    assert functions != SETUP.read_text()
    script = functions + f"""
place() {{ install -m "$1" "$3" "$4"; }}
environment={tmp_path}/casmand.env conf={tmp_path}/casmand.conf work={tmp_path}/work
mkdir -p "$work"
take_environment
"""

    def run(**env):
        return subprocess.run(["sh", "-c", script], env={"PATH": os.environ["PATH"], **env}, text=True,
                              capture_output=True, timeout=60)

    run.file = tmp_path / "casmand.env"
    run.conf = tmp_path / "casmand.conf"
    return run


def sourced(path):
    """What a shell reads in it, which is also what systemd reads."""
    done = subprocess.run(["sh", "-c", f"set -a; . {path}; env -0"], env={}, capture_output=True, timeout=60, check=True)
    pairs = (line.split("=", 1) for line in done.stdout.decode().split("\0") if line)
    return {name: value for name, value in pairs if name.startswith(("R2_", "AWS_", "OTHER"))}


def test_p10_what_is_exported_is_written_for_root_alone_and_shown_nowhere(hand_over):
    done = hand_over(R2_ACCESS_KEY_ID="AKIAEXAMPLE", R2_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN="t" * 900,
                     R2_BUCKET_NAME="", OTHER="x", MY_R2_KEY="y", AWS_CA_BUNDLE="/ca")
    assert done.returncode == 0, done
    assert sourced(hand_over.file) == {"R2_ACCESS_KEY_ID": "AKIAEXAMPLE", "R2_SECRET_ACCESS_KEY": SECRET,
                                         "AWS_SESSION_TOKEN": "t" * 900}
    assert hand_over.file.stat().st_mode & 0o777 == 0o600
    said = done.stdout + done.stderr
    assert "R2_SECRET_ACCESS_KEY" in said and SECRET not in said and "AKIAEXAMPLE" not in said and "ttt" not in said


def test_what_is_there_is_never_overwritten_with_nothing(hand_over):
    hand_over.file.write_text("# mine\nOTHER=1\nR2_ACCESS_KEY_ID=old\nR2_ACCOUNT_ID=kept\n")
    assert hand_over(R2_ACCESS_KEY_ID="new", R2_ACCOUNT_ID="").returncode == 0
    assert hand_over.file.read_text().splitlines() == ["# mine", "OTHER=1", "R2_ACCOUNT_ID=kept", "R2_ACCESS_KEY_ID='new'"]
    before = hand_over.file.read_text()
    assert hand_over().returncode == 0
    assert hand_over.file.read_text() == before


@pytest.mark.parametrize("value", ["it's", "back\\slash", "two\nlines", "end\n", "caf\u00e9"])
def test_a_value_that_no_key_can_have_is_refused_by_name(hand_over, value):
    done = hand_over(R2_SECRET_ACCESS_KEY=value)
    assert done.returncode == 1 and "R2_SECRET_ACCESS_KEY holds a quote" in done.stderr and value not in done.stderr
    assert not hand_over.file.exists()


def test_sudo_that_takes_the_variables_away_is_told_of_where_they_are_wanted(hand_over):
    hand_over.conf.write_text("[sync]\nbackend = file\n")
    assert hand_over().stdout == ""
    hand_over.conf.write_text("[sync]\n  backend = r2\n")
    assert "sudo --preserve-env=R2_ACCOUNT_ID,R2_ACCESS_KEY_ID,R2_SECRET_ACCESS_KEY casmand-setup" in hand_over().stdout
    assert not hand_over.file.exists()
