usage: casmanctl [OPTION...] [VERB] [OPTION...]

Talks to casmand, which keeps versions of SQLite databases.

Verbs (none: status):
  ping                is casmand there?
  scan                count a scan, after it was committed
  backup              make versions, and wait until they are stored
  status              where things stand
  list                the versions that there are
  queue               what waits for the store, and why
  history             what happened, the latest first
  doctor              what is or will go wrong, and what mends it
  metrics             where things stand, as OpenMetrics
  restore             bring a version back into its database
  reload              read the configuration again

Options of every verb, before or behind it:
  --socket PATH       casmand's socket (else $CASMAND_SOCKET)
  --json              the result, or the error, as JSON
  --timeout SECONDS   how long to wait for casmand
  --help              this text
  --version           casmanctl's version

Exit status: 0 done, 1 failed, 2 wrong usage, 3 no casmand, 4 store not
reached and nothing lost, 5 not permitted.
casmanctl VERB --help tells more, and casmanctl(1) all.
[exit 0]
