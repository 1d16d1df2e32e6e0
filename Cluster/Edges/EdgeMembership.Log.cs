using Microsoft.Extensions.Logging;

namespace Starling.Cluster.Edges;

public sealed partial class EdgeMembership
{
    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "This edge has joined the cluster as {EdgeId}")]
        public static partial void Joined(ILogger logger, string edgeId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Edge {EdgeId} is not in the cluster any more ({Reason}); its connections are closed")]
        public static partial void Lost(ILogger logger, string edgeId, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of edge {EdgeId} could not be renewed; tried again: {Problem}")]
        public static partial void NotRenewed(ILogger logger, string edgeId, string problem);
    }
}
