"""Words and their grammar: what the dialogue data and its scores stand on."""
