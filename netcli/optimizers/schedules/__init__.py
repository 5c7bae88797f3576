"""Learning rate schedules, one file each: a factor on the learning rate, as nodes of the step graph."""
