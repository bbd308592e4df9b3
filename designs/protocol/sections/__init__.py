"""The sections of a protocol file, one module each: frozen values whose attribute names are the file's keys.

``schema`` and ``as`` are Python words taken elsewhere, so they carry an alias. Rules that span several keys live in
:mod:`designs.protocol.rules`; nothing here reads a file.
"""
