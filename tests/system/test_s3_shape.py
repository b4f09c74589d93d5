"""What lies in a bucket, as others see it: boto3, and the AWS command line."""
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest

import s3
from trouble import MEMBERS

TAGS = {"id", "machine", "host", "content", "sequence", "base", "ancestors", "past"}
EVERYWHERE = [(name, tls) for name in s3.KINDS for tls in (False, True)]


@pytest.fixture(params=EVERYWHERE, ids=[f"{name}{'-tls' if tls else ''}" for name, tls in EVERYWHERE])
def bucket(request):
    return s3.shared(*request.param).bucket()


def aws(bucket, *args):
    """The AWS command line, as a person would use it with this bucket."""
    server = bucket.server
    trust = ["--ca-bundle", server.ca] if server.ca else []
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": s3.ACCESS,
                   "AWS_SECRET_ACCESS_KEY": s3.SECRET, "AWS_DEFAULT_REGION": server.region,
                   "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", server.endpoint, *trust, "s3", *map(str, args)],
                          capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.returncode == 0, done
    return done.stdout


def two_versions(site, **settings):
    """A database with two versions; what the file was at each of them."""
    site.database()
    site.make()
    site.configure(**settings)
    site.start()
    images = []
    for number in range(2):
        if number:
            site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        images.append(site.path().read_bytes())
        (version,) = site.call("backup", operation=f"Generated {number} parts")["versions"]
        assert version["state"] == "stored"
    return images


def exact(site, key, image, number):
    """Key, bytes and metadata are what the Python client would have made."""
    metadata = site.metadata(key)
    moment = datetime.datetime.fromisoformat(metadata["timestamp"])
    assert key == f"backups/parts.db/{moment:%Y%m%d_%H%M%S}_parts.db"
    assert site.object(key).read_bytes() == image
    assert list(metadata) == MEMBERS
    assert metadata == {"filename": "parts.db", "timestamp": moment.isoformat(), "db_name": "parts.db",
                        "checksum": hashlib.sha256(image).hexdigest(), "size_bytes": len(image),
                        "record_count": 3 + number, "operation": f"Generated {number} parts"}
    assert moment.utcoffset() == datetime.timedelta(0)


def tagged(site, keys):
    """Both objects of each version say whose it is and from which it descends."""
    first, second = ({"casmand-" + name: value for name, value in site.tags(key).items()} for key in keys)
    for tags, key in ((first, keys[0]), (second, keys[1])):
        assert tags == site.object(f"{key}.metadata.json").head()["Metadata"] == site.object(key).head()["Metadata"]
        assert {name.removeprefix("casmand-") for name in tags} <= TAGS
        assert tags["casmand-machine"] == site.call("ping")["machine"]
        assert tags["casmand-host"] == os.uname().nodename
        assert re.fullmatch("[0-9a-f]{64}", tags["casmand-content"])
    assert (first["casmand-sequence"], second["casmand-sequence"]) == ("1", "2")
    assert second["casmand-base"] == second["casmand-ancestors"] == first["casmand-id"] != second["casmand-id"]
    assert "casmand-base" not in first or not first["casmand-base"]


def test_p2_a_version_is_the_file_byte_by_byte_with_exact_metadata_for_whoever_looks(bucket, cloud):
    site = cloud(bucket)
    images = two_versions(site)
    keys = site.keys()
    assert len(keys) == 2 and bucket.names() == sorted(keys + [f"{key}.metadata.json" for key in keys])
    for number, (key, image) in enumerate(zip(keys, images)):
        exact(site, key, image, number)
        for thing in (site.object(key), site.object(f"{key}.metadata.json")):
            assert thing.head().get("StorageClass", "STANDARD") == "STANDARD"
    tagged(site, keys)


@pytest.mark.parametrize("name, tls", [("radosgw", False), ("swift", True), ("r2", False)])
def test_the_aws_command_line_lists_and_downloads_what_casmand_wrote(cloud, name, tls, tmp_path):
    if not shutil.which("/usr/bin/aws"):
        pytest.skip("awscli is not installed")
    bucket = s3.shared(name, tls).bucket()
    site = cloud(bucket)
    images = two_versions(site)
    listed = aws(bucket, "ls", f"s3://{bucket.name}/backups/parts.db/")
    assert [line.split()[2:] for line in listed.splitlines()] == [
        [str(len(bucket.object(key).read_bytes())), key.rpartition("/")[2]] for key in bucket.names()]
    aws(bucket, "cp", "--recursive", f"s3://{bucket.name}/backups", tmp_path)
    for key, image in zip(site.keys(), images):
        copy = tmp_path / key.removeprefix("backups/")
        assert copy.read_bytes() == image
        checksum = json.loads(copy.with_name(copy.name + ".metadata.json").read_text())["checksum"]
        assert checksum == hashlib.sha256(image).hexdigest()


def test_every_put_asks_for_the_standard_class_and_for_nothing_to_be_there(cloud, unruly):
    server = s3.shared("radosgw")
    site, proxy = cloud(server), unruly(server)
    two_versions(site, endpoint=proxy.endpoint)
    puts = [seen for seen in proxy.requests if seen.method == "PUT"]
    assert len(puts) == 4
    for put in puts:
        assert put.headers["x-amz-storage-class"] == "STANDARD" and put.headers["if-none-match"] == "*"
        assert re.fullmatch("[0-9a-f]{64}", put.headers["x-amz-content-sha256"])  # of the real body
        assert int(put.headers["content-length"]) > 0 and "transfer-encoding" not in put.headers


def test_p10_no_secret_is_in_what_lies_in_the_bucket_or_in_the_state_after_a_backup_that_went_well(cloud, unruly):
    token, server = "canary-token-0123456789", s3.shared("radosgw")
    site, proxy = cloud(server), unruly(server)
    (site.folder / "token").write_text(token)
    two_versions(site, endpoint=proxy.endpoint, session_token_file=site.folder / "token")
    sent = proxy.requests[-1].headers
    assert sent["x-amz-security-token"] == token and "x-amz-security-token" in sent["authorization"]
    seen = [path.read_bytes() for path in (site.folder / "state").rglob("*") if path.is_file()]
    for key in site.bucket.names():
        seen += [repr(site.object(key).head()).encode(), site.object(key).read_bytes()]
    for secret in (s3.SECRET.encode(), token.encode()):
        assert not any(secret in text for text in [*seen, "\n".join(site.log).encode()])
