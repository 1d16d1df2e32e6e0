using BenchmarkDotNet.Running;
using Starling.MicroBenchmarks;

// dotnet run -c Release --project bench/MicroBenchmarks -- --filter '*TopicMatch*'
BenchmarkSwitcher.FromAssembly(typeof(TopicMatch).Assembly).Run(args);
