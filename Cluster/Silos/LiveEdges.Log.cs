using Microsoft.Extensions.Logging;

namespace Starling.Cluster.Silos;

public sealed partial class LiveEdges
{
    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Edge {EdgeId} joined at {Address}")]
        public static partial void Joined(ILogger logger, string edgeId, string address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Edge {EdgeId} left the cluster")]
        public static partial void Gone(ILogger logger, string edgeId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Reading the directory of edges failed, retrying: {Problem}")]
        public static partial void Unread(ILogger logger, string problem);
    }
}
