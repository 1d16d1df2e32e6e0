using System.Text.Json;

namespace Starling.LoadGenerator.Page;

/// <summary>One of bench/MicroBenchmarks with one set of parameters.</summary>
/// <param name="Name">Class and method.</param>
/// <param name="Parameters">Such as <c>Filters=10&amp;Form=a/+</c>.</param>
/// <param name="Nanoseconds">Mean of an operation.</param>
/// <param name="Bytes">Allocated by an operation.</param>
internal sealed record MicroBenchmark(string Name, string Parameters, double Nanoseconds, long Bytes)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };

    /// <param name="file">What BenchmarkDotNet's exporter <c>briefjson</c> writes.</param>
    public static IReadOnlyList<MicroBenchmark> Read(string file)
    {
        using var stream = File.OpenRead(file);
        var entries = JsonSerializer.Deserialize<Report>(stream, Json)!.Benchmarks;
        return
        [
            .. from entry in entries
               let statistics = entry.Statistics
               where statistics is not null
               select new MicroBenchmark($"{entry.Type}.{entry.Method}", entry.Parameters, statistics.Mean, entry.Memory?.BytesAllocatedPerOperation ?? 0),
        ];
    }

    private sealed record Report(IReadOnlyList<Entry> Benchmarks);

    private sealed record Entry(string Type, string Method, string Parameters, Statistics? Statistics, Memory? Memory);

    private sealed record Statistics(double Mean);

    private sealed record Memory(long BytesAllocatedPerOperation);
}
