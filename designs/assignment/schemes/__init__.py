"""The schemes that a protocol may declare, one file each."""
