{
  "error": {
    "code": -32000,
    "message": "no casmand answers at /tmp/casmand-test-xxxxxxxx/casmand.sock: N
o such file or directory. Start it: systemctl start casmand",
    "data": {
      "name": "no_daemon",
      "database": null
    }
  }
}
[exit 3]
