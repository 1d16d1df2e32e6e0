using Starling.LoadGenerator.Traffic;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>The clients of a scenario with traffic, and the threads they run on.</summary>
internal sealed class TrafficPlan
{
    private const int BurstBytes = 64 * 1024;
    private const long Unpaced = long.MaxValue / 2;
    private const int OutstandingBytes = 16 * 1024 * 1024;

    private readonly Scenario _scenario;
    private readonly LoadOptions _options;
    private readonly List<ClientPlan>[] _threads;

    public TrafficPlan(Scenario scenario, LoadOptions options)
    {
        _scenario = scenario;
        _options = options;
        _threads = [.. Enumerable.Range(0, options.Threads).Select(_ => new List<ClientPlan>())];
        Flows = [.. Enumerable.Range(0, scenario.Publishers).Select(_ => new Flow(scenario.Copies, Window, options.Threads))];

        // Receivers first: nobody publishes before everybody is ready, but a thread opens its clients in this order.
        for (var i = 0; i < scenario.Receivers && scenario.Kind != Kind.Queueing; i++)
            _threads[i % options.Threads].Add(Receiver(i));
        for (var i = 0; i < scenario.Publishers; i++)
            _threads[i % options.Threads].Add(Sender(i));
    }

    public IReadOnlyList<Flow> Flows { get; }

    public IReadOnlyList<IReadOnlyList<ClientPlan>> Threads => _threads;

    public static string Topic(int publisher) => $"bench/{publisher}/state";

    public static string ReceiverId(int receiver) => $"receiver-{receiver}";

    /// <summary>Messages of one publisher that may be on their way.</summary>
    private long Window
    {
        get
        {
            if (_scenario.Kind == Kind.Queueing)
                return Unpaced; // but for acknowledgements
            if (_scenario.OneAtATime)
                return 1;
            var deliveries = Math.Min(_options.Outstanding, OutstandingBytes / _scenario.Payload);
            return Math.Max(1, deliveries / (_scenario.Publishers * (long)_scenario.Copies));
        }
    }

    private ClientPlan Sender(int index)
    {
        var frame = FrameBuilder.Publish(_options.Login, Topic(index), _scenario.QoS, _scenario.Payload);
        var capacity = (int)Math.Clamp(BurstBytes / frame.Frame.Length, 1, _scenario.QoS > 0 ? Math.Min(Window, _scenario.Window) : Window);
        var options = new PublisherOptions(
            Window,
            _scenario.QoS > 0 ? _scenario.Window : 0,
            _scenario.Rate / _scenario.Publishers,
            (double)index / _scenario.Publishers);
        var publisher = new Publisher(new PublishBurst(frame, _scenario.QoS, index, capacity), Flows[index], options);
        return new ClientPlan { ClientId = $"publisher-{index}", QoS = _scenario.QoS, Publisher = publisher };
    }

    private ClientPlan Receiver(int index)
    {
        var (first, count) = _scenario.Shape switch
        {
            Shape.Pairs => (index, 1),
            Shape.FanOut => (0, 1),
            _ => (0, _scenario.Publishers),
        };
        var filter = (_scenario.Shape, _scenario.Wildcard) switch
        {
            (Shape.FanIn, _) => "bench/+/state",
            (_, true) => $"bench/{first}/#",
            _ => Topic(first),
        };
        return new ClientPlan
        {
            ClientId = ReceiverId(index),
            Filters = [filter],
            KeepsSession = _scenario.Durable,
            QoS = _scenario.QoS,
            Streams = [.. Flows.Skip(first).Take(count).Select(flow => new InboundStream(flow))],
            FirstPublisher = first,
        };
    }
}
