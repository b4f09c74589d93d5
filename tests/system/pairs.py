"""Two machines and one store."""
import sqlite3

from conftest import end_site, new_site


def machines():
    """Two machines with a database each and one store; the first has made a version."""
    one, other = new_site(), new_site()
    one.store.mkdir()
    other.store.symlink_to(one.store)
    for site in (one, other):
        site.database()
        site.configure()
    one.make()
    one.start()
    one.call("backup")
    other.start()
    yield one, other
    end_site(other)
    end_site(one)


def state(site):
    site.call("status", refresh=True)
    return site.status("parts.db")["state"]


def rows(site):
    """As an application sees them, also those in a -wal."""
    db = sqlite3.connect(site.path())
    try:
        return [part for part, in db.execute("SELECT part FROM parts ORDER BY id")]
    finally:
        db.close()


def add(site, part, mode=None):
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES('{part}')", mode=mode)


def sync(site, **params):
    """What sync says of the one database."""
    (said,) = site.call("sync", **params)["databases"]
    return said


def did(site, **params):
    said = sync(site, **params)
    return said["state"], said["did"]
