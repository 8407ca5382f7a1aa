"""Background and scheduled work, in two queues: quick and long."""
