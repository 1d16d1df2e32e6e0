using BenchmarkDotNet.Attributes;

namespace Starling.MicroBenchmarks;

/// <summary>What reads that bring many messages save: the same path as <see cref="FanOut"/>, to one receiver. Per read.</summary>
[MemoryDiagnoser]
public class Batching
{
    private InMemoryBroker _broker = null!;
    private InMemoryClient _publisher = null!;
    private byte[] _read = [];

    [Params(1, 10, 100, 1000)]
    public int PerRead { get; set; }

    /// <summary>The publisher's QoS; the receiver subscribes with 0, so that nothing has to be acknowledged to go on.</summary>
    [Params(0, 1)]
    public int QoS { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _broker = new InMemoryBroker();
        var receiver = _broker.Connect();
        receiver.Subscribe("bench/batch", qos: 0);
        _publisher = _broker.Connect();
        _read = Frames.Publish("bench/batch", QoS, payloadLength: 64, PerRead);
        Publish();
        if (receiver.Received < 64 * PerRead)
            throw new InvalidOperationException("The receiver did not get the messages at once.");
    }

    [GlobalCleanup]
    public void CleanUp() => _broker.Dispose();

    [Benchmark]
    public void Publish() => _publisher.Send(_read);
}
