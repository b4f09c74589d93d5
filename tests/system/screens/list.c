Available Backups (2):
================================================================================

backups/assembled_casm.db/20261120_143022_assembled_casm.db
  Database:    assembled_casm.db
  Timestamp:   2026-11-20 14:30:22 UTC
  Size:        8.0 KB
  Records:     3
  Operation:   Generated 3 ANTENNA P1 parts
  Checksum:    0123456789ab...

backups/parts.db/20261120_143022_parts.db
  Database:    parts.db
  Timestamp:   2026-11-20 14:30:22 UTC
  Size:        8.0 KB
  Records:     3
  Operation:   Generated 3 ANTENNA P1 parts
  Checksum:    0123456789ab...
[exit 0]
