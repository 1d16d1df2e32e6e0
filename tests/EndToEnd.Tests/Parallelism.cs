// These tests wait for the programs that they start: more of them run at once than there are processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
