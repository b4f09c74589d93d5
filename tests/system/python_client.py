"""The Python client that shares the bucket with casmand: its very calls, in its order, with its faults.

It copies the live file, overwrites silently, lists the first 1,000 keys only, believes what it
downloads, and deletes by the time of upload whatever machine an object is of.  Here only its clock
is better: it waits for a second in which nothing was stored, as a person is slower than a test.
"""
import dataclasses
import datetime
import hashlib
import json
import sqlite3
import time

DATABASE = "parts.db"


@dataclasses.dataclass
class BackupMetadata:
    """One member more or less in the JSON, and it is no metadata."""
    filename: str
    timestamp: datetime.datetime
    checksum: str
    size_bytes: int
    db_name: str
    record_count: int | None
    operation: str | None

    @staticmethod
    def read(text):
        members = json.loads(text)
        members["timestamp"] = datetime.datetime.fromisoformat(members["timestamp"])
        return BackupMetadata(**members)


class PythonClient:
    """One machine that has not moved to casmand; `path` is its database."""

    def __init__(self, bucket, path, keep_versions=10):
        self.bucket, self.boto, self.path, self.keep = bucket.name, bucket.boto, path, keep_versions
        self.downloads = 0

    # --- its database ------------------------------------------------------------------------

    def checksum(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.exists() else None

    def scan(self, part):
        with sqlite3.connect(self.path) as db:
            db.execute("INSERT INTO parts(part) VALUES(?)", (part,))
        db.close()

    def parts(self):
        db = sqlite3.connect(self.path)
        try:
            return [part for part, in db.execute("SELECT part FROM parts ORDER BY 1")]
        finally:
            db.close()

    # --- its calls ---------------------------------------------------------------------------

    def objects(self):
        listing = self.boto.list_objects_v2(Bucket=self.bucket, Prefix=f"backups/{DATABASE}/")
        return [thing for thing in listing.get("Contents", ()) if thing["Key"].endswith(".db")]

    def moment(self):
        newest = max((thing["Key"] for thing in self.objects()), default="")
        while True:
            now = datetime.datetime.now(datetime.timezone.utc)
            key = f"backups/{DATABASE}/{now:%Y%m%d_%H%M%S}_{DATABASE}"
            if key > newest:
                return now, key
            time.sleep(0.02)

    def upload(self):
        """What there is for a moment, or for ever after a crash: an object without metadata."""
        now, key = self.moment()
        self.boto.upload_file(str(self.path), self.bucket, key)
        return now, key

    def backup(self, operation="Manual CLI backup"):
        now, key = self.upload()
        members = {"filename": DATABASE, "timestamp": now.isoformat(), "checksum": self.checksum(),
                   "size_bytes": self.path.stat().st_size, "db_name": DATABASE, "record_count": len(self.parts()),
                   "operation": operation}
        self.boto.put_object(Bucket=self.bucket, Key=f"{key}.metadata.json", Body=json.dumps(members, indent=2))
        self.clean_up()
        return key

    def clean_up(self):
        things = sorted(self.objects(), key=lambda thing: thing["LastModified"], reverse=True)
        for thing in things[self.keep:]:
            for key in (thing["Key"], f"{thing['Key']}.metadata.json"):
                self.boto.delete_object(Bucket=self.bucket, Key=key)

    def list(self):
        """[(key, BackupMetadata or None)], newest first."""
        versions = []
        for thing in self.objects():
            try:
                body = self.boto.get_object(Bucket=self.bucket, Key=f"{thing['Key']}.metadata.json")["Body"].read()
                metadata = BackupMetadata.read(body)
            except Exception:  # noqa: BLE001: as it does
                metadata = None
            moment = metadata.timestamp if metadata else thing["LastModified"]
            versions.append((moment, thing["Key"], metadata))
        return [(key, metadata) for _, key, metadata in sorted(versions, key=lambda v: v[0], reverse=True)]

    def restore(self, key):
        """All that it checks is SELECT 1."""
        self.downloads += 1
        self.boto.download_file(self.bucket, key, str(self.path))
        db = sqlite3.connect(self.path)
        db.execute("SELECT 1")
        db.close()

    def sync(self):
        """Did it download?"""
        key, metadata = self.list()[0]
        if metadata and metadata.checksum == self.checksum():
            return False
        self.restore(key)
        return True
