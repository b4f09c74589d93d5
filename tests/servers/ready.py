"""Waits until an S3 server answers a signed request, then makes buckets in it.

   ready.py ENDPOINT ACCESSKEY SECRET REGION PID [BUCKET...]

Gives up when the process PID is gone, or after two minutes.  With boto3: what casmand itself sends is
what the tests are about.
"""
import os
import sys
import time

import boto3
import botocore.config
import botocore.exceptions

LIMIT = 120  # seconds, on a busy machine

endpoint, access, secret, region, pid, *buckets = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=access, aws_secret_access_key=secret,
                  region_name=region, verify=False,
                  config=botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5,
                                                read_timeout=10, s3={"addressing_style": "path"}))


def wait():
    until = time.monotonic() + LIMIT
    while True:
        try:
            s3.list_buckets()
            return
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            if time.monotonic() > until:
                sys.exit(f"no answer: {error}")
        os.kill(int(pid), 0)
        time.sleep(0.05)


sys.stderr = open(os.devnull, "w")  # urllib3 would warn of every certificate that nobody verified
wait()
sys.stderr = sys.__stderr__
for bucket in buckets:
    s3.create_bucket(Bucket=bucket)
