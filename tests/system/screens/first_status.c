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
  parts.db                        -  !!
    /tmp/casmand-test-xxxxxxxx/databases/parts.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`
  assembled_casm.db               -  !!
    /tmp/casmand-test-xxxxxxxx/databases/assembled_casm.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`

Scan Tracker:
  Scans since backup:   0
  Unprotected scans:    0
  Last backup:          Never
  Status:               OK (10 scans until backup)

Queue:
  empty

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
[exit 0]
