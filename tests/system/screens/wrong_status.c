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
  ok file store reached AGE

Local Databases:
  parts.db                   8.0 KB  ok
    Last version: 2026-11-20 14:30:22 UTC (AGE), 3 records
  assembled_casm.db          5.9 KB  xx
    /tmp/casmand-test-xxxxxxxx/databases/assembled_casm.db is no SQLite database
    (damaged, or encrypted)
    Mend: restore a version: casmanctl list
    No version yet

Scan Tracker:
  Scans since backup:   0
  Unprotected scans:    0
  Last backup:          2026-11-20 14:30:22 UTC (AGE)
  Status:               OK (10 scans until backup)

Queue:
  empty

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
[exit 0]
