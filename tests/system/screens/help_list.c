usage: casmanctl list [OPTION...]

list: the versions that there are

Options:
  --table             one line a version
  --db NAME           versions of this database only
  --machine NAME      of this machine only: its host, or its id
  --since TIME        since this (local) time; or 2h, 3d: so long
  --limit N           so many versions at most

Options of every verb:
  --socket PATH       casmand's socket (else $CASMAND_SOCKET)
  --json              the result, or the error, as JSON
  --timeout SECONDS   how long to wait for casmand
  --help              this text
  --version           casmanctl's version
[exit 0]
