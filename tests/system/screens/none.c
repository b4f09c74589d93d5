No backups found by this --machine or --since
See all there are: casmanctl list
[exit 0]
