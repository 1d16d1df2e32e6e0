// These tests wait for the programs that they start: more of them run at once than there are processors.
[assembly: Parallelization(MaxThreads = 4)]
