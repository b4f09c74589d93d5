  Database: parts.db
  Now:      4 records, 8.0 KB, of 2026-11-20 14:30:22 UTC
  Then:     4 records, 8.0 KB, of 2026-11-20 14:30:22 UTC: Manual CLI backup
  Key:      backups/parts.db/20261120_143022_parts.db
Restore it? [y/N] casmanctl: nothing was done
[exit 1]
