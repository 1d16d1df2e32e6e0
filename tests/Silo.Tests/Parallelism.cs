// A test starts up to six processes: no more than two run at once, on any machine.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]
