"""A scanner app that protects its databases with casmand, as an example.

What it calls in place of the CAsMan modules `ScanTracker` and `DatabaseSyncManager`:

    tracker.record_scan()                              casmand.scan("assembled_casm.db", note=...)
    if tracker.should_backup():                        nothing: casmand counts, and backs up every tenth scan
        manager.backup_database(...)                   and every 24 hours, as its configuration says
        tracker.reset()
    manager.backup_database(path, operation)           casmand.back_up(operation, "parts.db")
    manager.sync_from_remote() at start                nothing, or `casmanctl sync` before work begins
    manager.list_backups(), restore_from_backup(...)   casmanctl list, casmanctl restore: typed by a person

    python3 scanner_app.py DATABASE generate ANTENNA 10
    python3 scanner_app.py DATABASE scan PART CONNECTED_TO
"""
import os
import sqlite3
import sys

from casmand_scan import COUNTED, KEPT, REFUSED, Casmand

TABLES = """CREATE TABLE IF NOT EXISTS parts (part TEXT PRIMARY KEY);
            CREATE TABLE IF NOT EXISTS assembly (part TEXT, connected_to TEXT)"""


class App:
    def __init__(self, path, casmand=None):
        self.name = os.path.basename(path)  # what casmand.conf calls it: [database NAME]
        self.database = sqlite3.connect(path, timeout=30)  # casmand may hold it for some milliseconds
        self.database.executescript(TABLES)
        self.casmand = casmand or Casmand()

    def generate(self, kind, count):
        """New parts; a version of them is made at once."""
        with self.database:
            (have,) = self.database.execute("SELECT count(*) FROM parts").fetchone()
            parts = [f"{kind}{have + i + 1:05}P1" for i in range(count)]
            self.database.executemany("INSERT INTO parts VALUES (?)", [(part,) for part in parts])
        self.casmand.back_up(f"Generated {count} {kind} P1 parts", self.name)
        return parts

    def scan(self, part, connected_to):
        """One trigger of the barcode gun: first the commit, then casmand is told."""
        with self.database:
            self.database.execute("INSERT INTO assembly VALUES (?, ?)", (part, connected_to))
        return self.casmand.scan(self.name, note=f"{part} -> {connected_to}")


def in_words(receipt):
    """For the display: no receipt is a reason to scan again."""
    if receipt.state == COUNTED:
        return f"saved, {receipt.until_backup} scans until the next backup"
    if receipt.state == KEPT:
        return "saved; casmand is not there now, and will hear of it"
    if receipt.state == REFUSED:
        return f"saved; casmand does not count it: {receipt.message}"
    return "saved"


def main(path, verb, *words):
    app = App(path)
    if verb == "generate":
        print("\n".join(app.generate(words[0], int(words[1]))))
    elif verb == "scan":
        print(in_words(app.scan(*words)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 5 else sys.exit(__doc__)
