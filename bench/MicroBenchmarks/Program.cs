using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Starling.MicroBenchmarks;

// dotnet run -c Release --project bench/MicroBenchmarks -- --filter '*TopicMatch*'
// In this process, because a project that BenchmarkDotNet makes would have to fulfil what this repository asks of its projects.
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(TopicMatch).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));
