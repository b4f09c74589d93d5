parts.db: captured, on its way to the store
ok parts.db  stored as backups/parts.db/20261120_143022_parts.db  8.0 KB, 5
  records
[exit 0]
