"""From columns of a file to fields of Tercet: what there is, a guess, a plan."""
