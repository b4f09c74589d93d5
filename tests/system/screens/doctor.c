ok configuration: /tmp/casmand-test-xxxxxxxx/casmand.conf
ok secrets: nobody else can read them
ok parts.db: /tmp/casmand-test-xxxxxxxx/databases/parts.db, 8.0 KB
!! assembled_casm.db: /tmp/casmand-test-xxxxxxxx/databases/assembled_casm.db is
   not there
   Mend: nothing, if its application has not made it yet; else check `path`
N to look at
[exit 0]
