"""One program a peer. Each runs in an environment of its own and imports what this repository has not."""
