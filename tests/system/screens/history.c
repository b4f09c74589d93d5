2026-11-20 14:30:22 UTC  stored assembled_casm.db
    backups/assembled_casm.db/20261120_143022_assembled_casm.db
2026-11-20 14:30:22 UTC  captured assembled_casm.db: Generated 3 ANTENNA P1
                         parts
    backups/assembled_casm.db/20261120_143022_assembled_casm.db
2026-11-20 14:30:22 UTC  stored parts.db
                         backups/parts.db/20261120_143022_parts.db
2026-11-20 14:30:22 UTC  captured parts.db: Generated 3 ANTENNA P1 parts
                         backups/parts.db/20261120_143022_parts.db
2026-11-20 14:30:22 UTC  started: casmand 0.1.0
[exit 0]
