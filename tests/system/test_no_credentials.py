"""P10, P11: a bucket without credentials is not available, which is said with its mend; all else goes on."""
import pytest

from conftest import casmand
from trouble import spool

CONFIG = """\
[daemon]
state_dir = {folder}/state
socket = {folder}/casmand.sock
socket_group =
[sync]
backend = {backend}
backup_on_scan_count = 3
{more}
[database parts.db]
path = {folder}/databases/parts.db
count_table = parts
on_change = mark
"""

R2 = "there is no account_id and no access_key_id and no secret_access_key for backend = r2. Mend: export " \
     "R2_ACCOUNT_ID, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY and run casmand-setup"
S3 = "there is no access_key_id and no secret_access_key for backend = s3. Mend: export " \
     "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and run casmand-setup"
ONE = "there is no secret_access_key for backend = r2. Mend: export R2_SECRET_ACCESS_KEY"

HAS = {"r2": "R2_SECRET_ACCESS_KEY", "s3": "AWS_SECRET_ACCESS_KEY"}


def configure(site, backend, more=""):
    site.configure(text=CONFIG.format(folder=site.folder, backend=backend, more=more))


@pytest.mark.parametrize("backend, more, words, endpoint", [
    ("r2", "", R2, None),
    ("s3", "", S3, "https://s3.us-east-1.amazonaws.com"),
    ("r2", "[r2]\naccount_id = 1a2b\naccess_key_id = ${NOT_THERE}x\naccess_key_id_file = /gone", None, None),
    ("r2", "[r2]\naccount_id = 1a2b\naccess_key_id = id\nsecret_access_key = ${NOT_THERE}", ONE,
     "https://1a2b.r2.cloudflarestorage.com"),
])
def test_p11_without_credentials_the_store_is_not_available_and_all_else_goes_on(site, backend, more, words, endpoint):
    configure(site, backend, more)
    if words is None:  # a slip is a mistake, also among credentials
        done = casmand("--config", site.config, "--check")
        assert done.returncode == 1 and "given before" in done.stderr
        return
    site.make()
    site.start()
    assert words in site.wait_log("^<4>store not available ")
    for number in range(3):
        assert site.call("scan", database="parts.db")["scan"] == number + 1
    answer = site.call("backup")
    assert answer["queued"] == ["parts.db"] and words in answer["store_error"] and len(spool(site)) == 1
    status = site.call("status", refresh=True)
    assert status["backend"] == backend and status["endpoint"] == endpoint
    assert status["bucket"] == "casman-databases"
    assert status["store"]["reachable"] is False and words in status["store"]["error"]
    assert status["queue"]["length"] == 1 and status["queue"]["next_try_at"] is None
    assert status["scans"]["total"] == status["scans"]["unprotected"] == 3
    assert [version["state"] for version in site.call("list")["versions"]] == ["captured"]
    shown = " ".join(site.ctl("status").stdout.split())
    assert f"✗ Storage backend not available: {words}" in shown
    assert f"Backend: {backend}" in shown and "✓ " + backend.upper() not in shown
    for verb in ("status", "list", "backup"):  # P10: by name alone
        told = site.ctl(verb, check=False, env={HAS[backend]: "hush", "R2_BUCKET_NAME": "b"}).stdout
        assert "Your environment has credentials that casmand has not. Hand them over:" in told and "hush" not in told
        assert f"  sudo --preserve-env={HAS[backend]},R2_BUCKET_NAME casmand-setup\n" in told
        assert "Hand them over" not in site.ctl(verb, check=False, env={"R2_BUCKET_NAME": "b"}).stdout
    assert site.stop() == 0
    assert len([line for line in site.log if "store not available" in line]) == 1


def test_a_reload_says_that_new_keys_of_the_environment_and_of_credentials_want_a_restart(site):
    configure(site, "r2", "[r2]\nendpoint = http://127.0.0.1:9\n")
    site.make()
    said = "For new ones: systemctl restart casmand"
    folder = site.folder / "credentials"
    folder.mkdir()
    keys = {"R2_ACCESS_KEY_ID": "id", "R2_SECRET_ACCESS_KEY": "hush"}
    for name, value in keys.items():
        (folder / name).write_text(value + "\n")
    for env in (keys, {"CREDENTIALS_DIRECTORY": str(folder)}):
        site.start(env=env)
        assert said in " ".join(site.ctl("reload").stdout.split())
        assert site.stop() == 0
    configure(site, "r2", "[r2]\nendpoint = http://127.0.0.1:9\naccess_key_id = id\nsecret_access_key = hush\n")
    site.config.chmod(0o600)
    site.start()
    assert site.ctl("reload").stdout == "= configuration unchanged\n"
