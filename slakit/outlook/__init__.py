"""What contracts will pay on outages to come, and how likely they break."""
