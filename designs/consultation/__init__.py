"""Who must be asked about a design, in which order and by when; the steering group's gateways; the earliest launch.

Everything here is a function of what people put on record, of the plan and of a day. Nothing reads or writes.
"""
