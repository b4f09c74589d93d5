casmanctl: no database is called "paths.db" in the configuration
[exit 1]
