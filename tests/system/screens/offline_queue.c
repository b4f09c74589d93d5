Queue
================================================================================
  Waiting:              1 version, 8.0 KB of at most ROOM
  Oldest:               AGE
  Next try:             AGE
  Last error:           store not reached: /tmp/casmand-test-xxxxxxxx/store is
                        not there (is the disk mounted?): open the folder
                        /tmp/casmand-test-xxxxxxxx/store: No such file or
                        directory

backups/parts.db/20261120_143022_parts.db
  Database:    parts.db
  Captured:    AGE
  Size:        8.0 KB
  Operation:   Manual CLI backup
  Error:       store not reached: /tmp/casmand-test-xxxxxxxx/store is not there
               (is the disk mounted?): open the folder
               /tmp/casmand-test-xxxxxxxx/store: No such file or directory
[exit 0]
