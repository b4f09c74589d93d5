casmanctl: no casmand answers at /tmp/casmand-test-xxxxxxxx/casmand.sock: No
  such file or directory. Start it: systemctl start casmand
[exit 3]
