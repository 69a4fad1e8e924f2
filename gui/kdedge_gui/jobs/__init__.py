"""Jobs: every verb that computes is a child process, watched from here."""
