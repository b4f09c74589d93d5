"""Two machines and one store."""
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
    return [part for _, part in site.rows_of(site.path())]


def add(site, part, mode=None):
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES('{part}')", mode=mode)


def sync(site, **params):
    """What sync says of the one database."""
    (said,) = site.call("sync", **params)["databases"]
    return said


def did(site, **params):
    said = sync(site, **params)
    return said["state"], said["did"]
