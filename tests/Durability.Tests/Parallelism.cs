using Xunit.Sdk;

// Each run has a database and programs of its own, and waits for them most of the time.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.All, MaxThreads = 3)]
