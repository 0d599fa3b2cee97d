"""What tests include."""

# --8<-- [start:shown]
shown = 1
# --8<-- [end:shown]
