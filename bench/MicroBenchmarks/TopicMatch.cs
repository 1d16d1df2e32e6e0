using System.Globalization;
using BenchmarkDotNet.Attributes;
using Starling.Broker.Messages;
using Starling.Broker.Routing;

namespace Starling.MicroBenchmarks;

/// <summary>What it costs to find the subscriptions of a topic that was not looked up before, among more and more that don't match.</summary>
[MemoryDiagnoser]
public class TopicMatch
{
    private const int Topics = 1024;

    private readonly List<IReadOnlyList<Entry>> _matches = [];
    private FilterIndex<Entry> _index = new();
    private Topic[] _topics = [];
    private int _next;

    [Params(10, 1_000, 100_000, 1_000_000)]
    public int Filters { get; set; }

    /// <summary>Form of all filters; {0} is a number of its own for each.</summary>
    [Params("devices/{0}/state", "devices/{0}/+", "devices/+/{0}/state", "devices/{0}/#")]
    public string Form { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _index = new FilterIndex<Entry>();
        for (var i = 0; i < Filters; i++)
            _index.Add(string.Format(CultureInfo.InvariantCulture, Form, i), new Entry());
        // Topics from all over the index, so that the processor's caches do not hide its size.
        var random = new Random(1);
        _topics = [.. Enumerable.Range(0, Topics).Select(_ => TopicFor(random.Next(Filters)))];
    }

    [Benchmark]
    public int Match()
    {
        _matches.Clear();
        _index.Match(_topics[_next++ % Topics], _matches);
        return _matches.Count;
    }

    [Benchmark]
    public bool AddAndRemove()
    {
        var entry = new Entry();
        _index.Add("gateways/1/+/state", entry);
        return _index.Remove("gateways/1/+/state", entry);
    }

    private Topic TopicFor(int number)
    {
        var form = Form.Replace("/#", "/state", StringComparison.Ordinal).Replace("+", "any", StringComparison.Ordinal);
        return new Topic(string.Format(CultureInfo.InvariantCulture, form, number));
    }

    internal sealed class Entry : IFilterEntry
    {
        public int Position { get; set; }
    }
}
