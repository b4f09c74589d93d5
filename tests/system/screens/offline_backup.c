!! parts.db  unchanged, its version waits for the store: store not reached:
  /tmp/casmand-test-xxxxxxxx/store is not there (is the disk mounted?): open the
  folder /tmp/casmand-test-xxxxxxxx/store: No such file or directory (nothing is
  lost)
[exit 4]
