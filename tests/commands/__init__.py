"""The developers' commands, one module each: `otm test` runs `tests.commands.test`. The service never imports them."""
