Available Backups (2):
================================================================================
ok *  ^ assembled_casm.db 2026-11-20 14:30:22    8.0 KB       3  Generated 3 ANT
ok *  ^ parts.db          2026-11-20 14:30:22    8.0 KB       3  Generated 3 ANT

ok stored  == waits  !! suspect  xx lost or refused
* newest  + proven  # pinned  ^ head; times are UTC
[exit 0]
