using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;
using Starling.Edge.Nodes;

namespace Starling.Edge.SysTopics;

/// <summary>Publishes every tenant's <c>$SYS</c> topics to whoever subscribes to them, every ten seconds as Mosquitto does.</summary>
internal sealed class SysTopicPublisher : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly EdgeNode _edge;
    private readonly SysTopicSource _source;
    private readonly ITimer _timer;

    public SysTopicPublisher(EdgeNode edge, SysTopicSource source, TimeProvider time, ILogger<SysTopicPublisher> logger)
    {
        _edge = edge;
        _source = source;
        _timer = time.CreateGuardedTimer(Publish, logger, "Publishing of $SYS topics", Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Publish()
    {
        var fanout = new Fanout();
        try
        {
            foreach (var tenant in _edge.Tenants)
            {
                foreach (var message in _source.ReadAll(tenant))
                    tenant.Deliver(message, fanout);
            }
        }
        finally
        {
            fanout.Flush();
        }
    }
}
