Available Backups (2):
================================================================================
== *  ^ parts.db          2026-11-20 14:30:22    8.0 KB       4  Manual CLI back
ok      parts.db          2026-11-20 14:30:22    8.0 KB       3  Generated 3 ANT

ok stored  == waits  !! suspect  xx lost or refused
* newest  + proven  # pinned  ^ head; times are UTC

!! Storage backend not available: store not reached:
  /tmp/casmand-test-xxxxxxxx/store is not there (is the disk mounted?): open the
  folder /tmp/casmand-test-xxxxxxxx/store: No such file or directory
Listing of 2026-11-20 14:30:22 UTC, AGE
[exit 4]
