"""Runs a server for as long as another process lives.

   lifeline.py PID FOLDER LOG COMMAND...

When the process PID has ended, however it did, COMMAND gets SIGTERM, and when it has ended, too,
FOLDER is deleted.  On SIGTERM the server is ended and FOLDER left alone.  LOG is what COMMAND says.
"""
import os
import select
import shutil
import signal
import subprocess
import sys

LIMIT = 10  # seconds for the server to end by itself

owner, (folder, log, *command) = os.pidfd_open(int(sys.argv[1])), sys.argv[2:]
asked, ask = os.pipe()
signal.signal(signal.SIGTERM, lambda *_: os.write(ask, b"."))
with open(log, "wb") as file:
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
why, _, _ = select.select([owner, os.pidfd_open(server.pid), asked], [], [])
server.terminate()
try:
    server.wait(LIMIT)
except subprocess.TimeoutExpired:
    server.kill()
if owner in why:
    shutil.rmtree(folder, ignore_errors=True)
