using BenchmarkDotNet.Attributes;

namespace Starling.MicroBenchmarks;

/// <summary>
/// From one read of a publisher's connection to the flushes of all receivers, everything but sockets: decode, authorize, match,
/// deliver, encode. Per message published.
/// </summary>
[MemoryDiagnoser]
public class FanOut
{
    private const int PerRead = 100;

    private InMemoryBroker _broker = null!;
    private InMemoryClient _publisher = null!;
    private byte[] _read = [];

    [Params(1, 10, 500, 5000)]
    public int Receivers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _broker = new InMemoryBroker();
        _publisher = _broker.Connect();
        _read = Frames.Publish("bench/fan-out", qos: 0, payloadLength: 64, PerRead);
        var receivers = Enumerable.Range(0, Receivers).Select(_ => _broker.Connect()).ToArray();
        foreach (var receiver in receivers)
            receiver.Subscribe("bench/fan-out", qos: 0);
        Publish();
        if (receivers.Any(receiver => receiver.Received < _read.Length))
            throw new InvalidOperationException("A receiver did not get the messages at once.");
    }

    [GlobalCleanup]
    public void CleanUp() => _broker.Dispose();

    [Benchmark(OperationsPerInvoke = PerRead)]
    public void Publish() => _publisher.Send(_read);
}
