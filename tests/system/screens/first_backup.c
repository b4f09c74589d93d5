casmanctl: none of the databases is there yet
[exit 1]
