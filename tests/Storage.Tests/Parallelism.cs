// Most of these tests wait for the database: more of them run at once than there are processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 6)]
