using Microsoft.Extensions.Logging;

namespace Starling.Cluster.Silos;

/// <summary>Whether an object still is its shard. Once it is not, it never is again. Thread-safe.</summary>
/// <param name="outOfDate">Called once when another object turns out to own the shard.</param>
internal sealed partial class ShardValidity(string tenant, int shard, Action outOfDate, ILogger logger)
{
    private int _isOutOfDate;

    public bool IsOutOfDate => Volatile.Read(ref _isOutOfDate) != 0;

    /// <summary>This object's; 0 before it has taken one.</summary>
    public long Epoch { get; set; }

    /// <summary>Another object owns the shard.</summary>
    public void Lose()
    {
        if (Interlocked.Exchange(ref _isOutOfDate, 1) != 0)
            return;
        LogLost(logger, tenant, shard, Epoch);
        outOfDate();
    }

    /// <summary>This object ends, whether there is another one or not.</summary>
    public void End() => Volatile.Write(ref _isOutOfDate, 1);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Shard {Shard} of tenant {Tenant} lost ownership (epoch {Epoch}): another process owns it now")]
    private static partial void LogLost(ILogger logger, string tenant, int shard, long epoch);
}
