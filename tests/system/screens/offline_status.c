Database Sync Status
================================================================================

Configuration:
  Enabled:              True
  Backend:              file
  Store:                /tmp/casmand-test-xxxxxxxx/store
  Keep Versions:        10
  Backup on Scans:      Every 10 scans
  Backup on Time:       Every 24.0 hours

Backend Status:
  xx Storage backend not available: store not reached:
    /tmp/casmand-test-xxxxxxxx/store is not there (is the disk mounted?): open
    the folder /tmp/casmand-test-xxxxxxxx/store: No such file or directory
  Last reached:         AGE

Local Databases:
  parts.db                   8.0 KB  !!
    Last version: 2026-11-20 14:30:22 UTC (AGE), 4 records, captured, waits for the store
    Newer than what the store holds
  assembled_casm.db               -  !!
    /tmp/casmand-test-xxxxxxxx/databases/assembled_casm.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`

Scan Tracker:
  Scans since backup:   0
  Unprotected scans:    0
  Last backup:          2026-11-20 14:30:22 UTC (AGE)
  Status:               OK (10 scans until backup)

Queue:
  Waiting:              1 version, 8.0 KB of at most ROOM
  Oldest:               AGE
  Next try:             AGE
  Last error:           store not reached: /tmp/casmand-test-xxxxxxxx/store is
                        not there (is the disk mounted?): open the folder
                        /tmp/casmand-test-xxxxxxxx/store: No such file or
                        directory

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
[exit 0]
