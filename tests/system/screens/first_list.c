No backups found
Create the first one: casmanctl backup
[exit 0]
