"""What a person meets on the first day: the first start, the first change of the configuration."""
import signal


def test_p11_a_store_on_the_databases_disk_is_warned_of_before_the_first_database_is_made(site):
    site.database()
    site.start()
    site.wait_log('^<4>store warning="the store lies on the same file system as parts.db')
    assert "same file system" in site.status()["store"]["warning"]


def test_p11_a_reload_by_signal_logs_what_only_a_start_can_change(running):
    running.configure(text=running.config.read_text().replace("/state\n", "/elsewhere\n"))
    running.daemon.send_signal(signal.SIGHUP)
    running.wait_log('^<4>configuration warning="\\[daemon\\] state_dir changes only at the next start')
    running.wait_log("^<6>reloaded ")


def test_a_database_that_is_not_made_yet_does_not_make_every_scan_a_backup_of_the_others(site):
    site.database("parts.db", "parts")
    site.database("assembled_casm.db", "assembly")
    site.start()
    assert site.call("scan", count=3)["until_backup"] == 7  # none is there: it is due when one is
    site.make("assembled_casm.db", "assembly")
    site.wait_log("^<6>stored db=assembled_casm.db ")
    place = site.here()
    site.sql("assembled_casm.db", "INSERT INTO assembly(part) VALUES('one')")
    assert site.call("scan", count=10)["until_backup"] == 0
    site.wait_log("^<6>stored db=assembled_casm.db ", since=place)
    scans = site.status()["scans"]
    assert (scans["since_backup"], scans["until_backup"], scans["unprotected"]) == (0, 10, 0)
    site.sql("assembled_casm.db", "INSERT INTO assembly(part) VALUES('two')")
    receipt = site.call("scan", database="assembled_casm.db")
    assert (receipt["since_backup"], receipt["until_backup"]) == (1, 9)
