"""Long simulations. Each file lists its suites in ``SUITES`` (tests.suites); `otm calibrate` runs them."""
