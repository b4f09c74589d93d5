== parts.db  unchanged
== assembled_casm.db  unchanged
[exit 0]
