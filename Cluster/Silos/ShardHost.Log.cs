using Microsoft.Extensions.Logging;

namespace Starling.Cluster.Silos;

public sealed partial class ShardHost
{
    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: shard {Shard} serves here, epoch {Epoch}")]
        public static partial void Serves(ILogger logger, string tenant, int shard, long epoch);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: shard {Shard} can't begin yet; tried again: {Problem}")]
        public static partial void NotBegun(ILogger logger, string tenant, int shard, string problem);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: shard {Shard} with epoch {Epoch} is another process's by now")]
        public static partial void OutOfDate(ILogger logger, string tenant, int shard, long epoch);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: shard {Shard} could not deal with {Count} messages")]
        public static partial void Failed(ILogger logger, string tenant, int shard, int count, Exception error);
    }
}
