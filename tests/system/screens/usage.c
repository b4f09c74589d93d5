casmanctl: there is no verb lits
Try: casmanctl --help
[exit 2]
