"""Reading a stranger’s file: in a child process with limits, without Django."""
