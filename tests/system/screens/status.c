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
  assembled_casm.db          8.0 KB  ok
    Last version: 2026-11-20 14:30:22 UTC (AGE), 3 records

Scan Tracker:
  Scans since backup:   3
  Unprotected scans:    3 (oldest AGE)
  Last backup:          2026-11-20 14:30:22 UTC (AGE)
  Status:               OK (7 scans until backup)

Queue:
  empty

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
[exit 0]
